//! Comments are found by their words.
use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

use crate::columns::{create, drop, index, refers, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The index holds no copy of the words. Triggers keep it, so that no statement can forget it; what is removed is
/// overwritten, and not only marked.
const SQLITE: &str = r#"
CREATE VIRTUAL TABLE comment_search_index USING fts5(words, content='comment_search', content_rowid='id',
    tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* Co'");
INSERT INTO comment_search_index(comment_search_index, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER comment_search_added AFTER INSERT ON comment_search BEGIN
    INSERT INTO comment_search_index(rowid, words) VALUES (new.id, new.words);
END;
CREATE TRIGGER comment_search_removed AFTER DELETE ON comment_search BEGIN
    INSERT INTO comment_search_index(comment_search_index, rowid, words) VALUES ('delete', old.id, old.words);
END;
CREATE TRIGGER comment_search_changed AFTER UPDATE ON comment_search BEGIN
    INSERT INTO comment_search_index(comment_search_index, rowid, words) VALUES ('delete', old.id, old.words);
    INSERT INTO comment_search_index(rowid, words) VALUES (new.id, new.words);
END;
"#;

/// The words are cut and folded already, so that no parser has a say.
const POSTGRES: &str = "CREATE INDEX comment_search_words ON comment_search
    USING gin (array_to_tsvector(string_to_array(words, ' ')))";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let comment = [unique(
            "comment_search",
            "comment_search_comment",
            &["comment_id"],
        )];
        create(manager, &mut comment_search(), comment.into()).await?;
        for (name, first) in [("comment_occurred", None), ("comment_site", Some("site_id"))] {
            let columns: Vec<&str> = [Some("organisation_id"), first, Some("occurred_at"), Some("id")]
                .into_iter()
                .flatten()
                .collect();
            manager.create_index(index("comment", name, &columns)).await?;
        }
        let own = match manager.get_database_backend() {
            DbBackend::Sqlite => SQLITE,
            _ => POSTGRES,
        };
        manager.get_connection().execute_unprepared(own).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Sqlite {
            let own = "DROP TABLE comment_search_index";
            manager.get_connection().execute_unprepared(own).await?;
        }
        for name in ["comment_occurred", "comment_site"] {
            let index = Index::drop().table("comment").name(name).to_owned();
            manager.drop_index(index).await?;
        }
        drop(manager, &["comment_search"]).await
    }
}

fn comment_search() -> TableCreateStatement {
    Table::create()
        .table("comment_search")
        .col(big_pk_auto("id"))
        .col(uuid("organisation_id"))
        .col(uuid("comment_id"))
        .col(string("words"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("comment_id", "comment"))
        .take()
}
