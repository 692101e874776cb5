// The draft outlives a reload, in this tab only. Without this file the form works all the same.
const form = document.querySelector('[data-draft]'), sent = document.querySelector('[data-sent]');
// That somebody types tells people from programs when many forms come at once.
if (form) form.addEventListener('input', event => {
  if (event.isTrusted) form.hand.value = [...form.token.value.split('.')[0]].reverse().join('');
});
try {
  if (sent) Object.keys(sessionStorage).filter(key => key.startsWith('draft:')).forEach(key => sessionStorage.removeItem(key));
  if (form) {
    const key = 'draft:' + form.dataset.draft, kept = JSON.parse(sessionStorage.getItem(key) || '{}');
    for (const field of form.elements) {
      const text = kept[field.name], more = field.closest('details');
      if (!text || field.type === 'hidden' || field.value === text && field.type !== 'radio') continue;
      if (field.type === 'radio') field.checked = field.value === text;
      else if (!field.value) field.value = text;
      if (more && (field.type !== 'radio' || field.checked !== field.defaultChecked)) more.open = true;
    }
    form.addEventListener('input', () => {
      const now = new FormData(form); now.delete('token'); now.delete('hand');
      sessionStorage.setItem(key, JSON.stringify(Object.fromEntries(now)));
    });
  }
} catch { /* storage is off: nothing to keep it in */ }
// Says on a receipt that something has happened to the words; never changes the page under the reader.
const news = document.querySelector('[data-news]');
if (news) {
  const told = page => [...page.querySelectorAll('h1, .steps')].map(part => part.innerHTML).join();
  const look = async () => {
    if (document.hidden || !news.hidden) return;
    try {
      const answer = await fetch(location.href);
      if (!answer.ok) return;
      news.hidden = told(new DOMParser().parseFromString(await answer.text(), 'text/html')) === told(document);
    } catch { /* no connection: the next look may have one */ }
  };
  setInterval(look, 20000);
  document.addEventListener('visibilitychange', look);
}
