// Live updates: one stream a browser, in a shared worker; each page marks what changed and asks its fragments to refresh.

const body = document.body;
const strip = document.getElementById("live-strip");
const JITTER = 400;
const GRACE = 4_000;
const POLL = 45_000;
const waiting = new Map();
let flushing = 0;
let polling = 0;

function mark(reference) {
  for (const row of document.querySelectorAll(`[data-case="${CSS.escape(reference)}"]`)) row.classList.add("is-changed");
}

// A tab that nobody sees asks for nothing until somebody looks at it.
function tell() {
  flushing = 0;
  if (document.hidden) return;
  const changes = [...waiting.values()];
  waiting.clear();
  body.dispatchEvent(new CustomEvent("casedesk:changed", { detail: { changes } }));
  for (const { case: reference } of changes) if (reference) body.dispatchEvent(new CustomEvent(`casedesk:case-${reference}`));
}

// Two hundred browsers hear of a change at once; a random moment each keeps them from asking at once.
function changed(change) {
  if (change.case) mark(change.case);
  waiting.set(change.case ?? `brand ${change.brand}`, change);
  flushing ||= setTimeout(tell, Math.random() * JITTER);
}

document.addEventListener("visibilitychange", () => { if (!document.hidden && waiting.size) tell(); });

// With no word about what changed, everything may have: the lists, and the case that is open.
function askAll() {
  const open = document.querySelector("[data-live-case]")?.dataset.liveCase;
  waiting.set(open ?? "", { case: open ?? null, brand: null, revision: null });
  flushing ||= setTimeout(tell, Math.random() * JITTER);
}

function poll() {
  askAll();
  polling = setTimeout(poll, POLL + Math.random() * POLL);
}

// A stream that is only taken up again is no loss worth showing.
function lost() {
  polling ||= setTimeout(() => {
    strip.hidden = false;
    polling = setTimeout(poll, POLL * Math.random());
  }, GRACE);
}

// What happened while the stream was away is not told again, so everything is asked for once.
function back() {
  if (!polling) return;
  clearTimeout(polling);
  polling = 0;
  strip.hidden = true;
  askAll();
}

function hear({ kind, change }) {
  if (kind === "changed") changed(change);
  else if (kind === "lost") lost();
  else back();
}

function throughWorker() {
  // Named after the person: who signs in next gets a stream of their own.
  const worker = new SharedWorker(body.dataset.liveWorker, { name: `live ${body.dataset.person}` });
  worker.port.onmessage = ({ data }) => hear(data);
  worker.port.postMessage({ kind: "hello", url: body.dataset.live });
  addEventListener("pagehide", () => worker.port.postMessage({ kind: "bye" }));
  addEventListener("pageshow", (event) => event.persisted && worker.port.postMessage({ kind: "hello", url: body.dataset.live }));
}

function directly() {
  const stream = new EventSource(body.dataset.live);
  stream.onmessage = ({ data }) => hear({ kind: "changed", change: JSON.parse(data) });
  stream.onopen = () => hear({ kind: "live" });
  stream.addEventListener("lost", () => hear({ kind: "lost" }));
  stream.addEventListener("back", () => hear({ kind: "live" }));
  stream.onerror = () => {
    hear({ kind: "lost" });
    if (stream.readyState === EventSource.CLOSED) setTimeout(directly, 10_000 + Math.random() * 20_000);
  };
}

if (window.SharedWorker) throughWorker();
else directly();
