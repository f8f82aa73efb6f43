// One event stream for all tabs of a browser: HTTP/1.1 allows six connections a host, and every tab would take one.

const ports = new Set();
let stream = null;
let url = "";
let state = "live";
let pause = 2_000;

function tell(message) {
  for (const port of ports) port.postMessage(message);
}

function turn(kind) {
  state = kind;
  tell({ kind });
}

function failed() {
  turn("lost");
  // A refused stream (signed out, server away behind a proxy) does not reconnect by itself.
  if (stream.readyState !== EventSource.CLOSED) return;
  stream = null;
  setTimeout(open, pause + Math.random() * pause);
  pause = Math.min(pause * 2, 60_000);
}

function open() {
  if (stream || !ports.size) return;
  stream = new EventSource(url);
  stream.onopen = () => { pause = 2_000; turn("live"); };
  stream.onmessage = ({ data }) => tell({ kind: "changed", change: JSON.parse(data) });
  // The stream stands, but the server itself may hear nothing for a while.
  stream.addEventListener("lost", () => turn("lost"));
  stream.addEventListener("back", () => turn("live"));
  stream.onerror = failed;
}

function close() {
  stream?.close();
  stream = null;
}

onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => {
    if (data.kind === "hello") {
      ports.add(port);
      url = data.url;
      open();
      port.postMessage({ kind: state });
    } else {
      ports.delete(port);
      if (!ports.size) close();
    }
  };
};
