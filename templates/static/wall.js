// Shows the board anew when it has changed, once an hour in any case, and says so while the service cannot be reached.
const offline = document.querySelector('[data-offline]');
let waits = false;
const anew = async () => {
  waits = false;
  try {
    const answer = await fetch(location.href, { cache: 'no-store' });
    if (answer.ok || answer.status === 410) { location.reload(); return; }
  } catch { /* Said below. */ }
  offline.hidden = false;
  later();
};
const later = () => {
  if (!waits) setTimeout(anew, 60000);
  waits = true;
};
const live = new EventSource(document.body.dataset.live);
live.addEventListener('open', () => { offline.hidden = true; });
live.addEventListener('board', anew);
live.addEventListener('error', () => { offline.hidden = false; if (live.readyState === EventSource.CLOSED) later(); });
setTimeout(anew, 3600000);
