// Says when something new has come in; never moves the page under the reader.
const live = document.querySelector('[data-live]');
if (live) new EventSource(live.dataset.live).addEventListener('recognition', () => { live.hidden = false; });
