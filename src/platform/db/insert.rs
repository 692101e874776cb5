//! Inserts of many rows, in statements of a few sizes: a database meets each of them again, and has it prepared.
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, sea_query::OnConflict};

use super::Tx;

/// Rows of the largest statement.
const MOST: usize = 128;

/// Inserts rows.
pub(crate) async fn insert_all<A>(tx: &Tx, rows: impl IntoIterator<Item = A>) -> Result<(), DbErr>
where
    A: ActiveModelTrait,
{
    insert(tx, rows, None).await
}

/// Inserts rows, and does as `conflict` says with those that are there already.
pub(crate) async fn insert_or<A>(
    tx: &Tx,
    rows: impl IntoIterator<Item = A>,
    conflict: OnConflict,
) -> Result<(), DbErr>
where
    A: ActiveModelTrait,
{
    insert(tx, rows, Some(conflict)).await
}

async fn insert<A>(
    tx: &Tx,
    rows: impl IntoIterator<Item = A>,
    conflict: Option<OnConflict>,
) -> Result<(), DbErr>
where
    A: ActiveModelTrait,
{
    for some in groups(rows) {
        let mut insert = A::Entity::insert_many(some);
        if let Some(conflict) = &conflict {
            insert = insert.on_conflict(conflict.clone());
        }
        insert.exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Rows in groups of such sizes, in their order.
pub(crate) fn groups<T>(rows: impl IntoIterator<Item = T>) -> Vec<Vec<T>> {
    let rows: Vec<T> = rows.into_iter().collect();
    let sizes = sizes(rows.len());
    let mut rows = rows.into_iter();
    sizes
        .into_iter()
        .map(|size| rows.by_ref().take(size).collect())
        .collect()
}

/// Powers of two, the largest first, that make up a number of rows.
fn sizes(mut rows: usize) -> Vec<usize> {
    let mut sizes = Vec::new();
    while rows > 0 {
        let largest = rows.min(MOST);
        let size = 1 << largest.ilog2();
        sizes.push(size);
        rows -= size;
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_rows_is_made_up_of_few_sizes() {
        assert_eq!(sizes(0), [0; 0]);
        assert_eq!(sizes(1), [1]);
        assert_eq!(sizes(100), [64, 32, 4]);
        assert_eq!(sizes(300), [128, 128, 32, 8, 4]);
        assert_eq!(groups([1, 2, 3]), [vec![1, 2], vec![3]]);
        for rows in 0..1000 {
            assert_eq!(sizes(rows).iter().sum::<usize>(), rows);
        }
    }
}
