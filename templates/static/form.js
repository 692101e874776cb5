// The draft outlives a reload, in this tab only. Without this file the form works all the same.
const form = document.querySelector('[data-draft]'), sent = document.querySelector('[data-sent]');
try {
  if (sent) Object.keys(sessionStorage).filter(key => key.startsWith('draft:')).forEach(key => sessionStorage.removeItem(key));
  if (form) {
    const key = 'draft:' + form.dataset.draft, kept = JSON.parse(sessionStorage.getItem(key) || '{}');
    for (const field of form.elements) if (kept[field.name] && field.type !== 'radio' && !field.value) field.value = kept[field.name];
    form.addEventListener('input', () => {
      const now = new FormData(form); now.delete('token');
      sessionStorage.setItem(key, JSON.stringify(Object.fromEntries(now)));
    });
  }
} catch { /* storage is off: nothing to keep it in */ }
