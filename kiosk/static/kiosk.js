// The kiosk's page: tells the server what happened and shows the face that comes back.
// No rule is here. What a customer sees is emptied on this side first, whatever the network does.

const POLL_MS = 1000;
const TICK_MS = 250;
const SILENCE_MS = 80; // between two keys of a scanner; people are slower
const STAY_MS = 10_000; // how often touches are told to the server
const CALL_MS = 4000;
const FRAME = { width: 480, height: 360, every: 250 };
const OUR_CODE = /^(C1|R1|K1)\.[0-9A-Z.]{10,}$/i;
const WATCHING = ["code", "confirm"];
const NOTES = { card: [880, 1320], welcome: [880, 1320], got: [880, 1320], problem: [330, 220] };
const NOTHING = { n: "", screen: "", ends_ms: 0, warn_ms: 0 };

const stage = document.getElementById("screen");
const offline = document.getElementById("offline");

let face = NOTHING;
let typed = "";
let touchedAt = Date.now();
let toldAt = Date.now();
let missed = 0;
let waiting = 0;
let queue = Promise.resolve();

// --- talking to the server: one request at a time, so that no answer overtakes another -------------

function call(url, options = {}) {
  waiting += 1;
  queue = queue.then(() => ask(url, options)).finally(() => { waiting -= 1; });
  return queue;
}

async function ask(url, options) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), CALL_MS);
  try {
    const answer = await fetch(url, { cache: "no-store", signal: stop.signal, ...options });
    if (!answer.ok) throw new Error(String(answer.status));
    const next = answer.status === 204 ? null : await answer.json();
    missed = 0;
    offline.hidden = true;
    if (next) show(next);
  } catch {
    missed += options.method ? 3 : 1;
    if (missed >= 3) {
      offline.hidden = false;
      empty();
    }
  } finally {
    clearTimeout(timer);
  }
}

function send(event, value = "") {
  toldAt = Date.now();
  return call("/kiosk/event", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ event, value }),
  });
}

function poll() {
  if (!waiting) call(`/kiosk/state?since=${encodeURIComponent(face.n)}`);
}

// --- the stage -------------------------------------------------------------------------------------

function show(next) {
  const same = next.screen === face.screen;
  face = next;
  touchedAt = Date.now();
  const made = new DOMParser().parseFromString(next.html, "text/html");
  stage.replaceChildren(...made.body.children);
  document.documentElement.lang = next.lang;
  const output = document.getElementById("typed");
  if (!same || !output || output.dataset.clear) typed = "";
  showTyped();
  if (!same) sound(next.screen);
  if (WATCHING.includes(next.screen)) openEye();
  else closeEye();
}

// What was scanned is heard as well as seen.
let speaker = null;

function sound(screen) {
  if (!NOTES[screen] || !window.AudioContext) return;
  speaker ??= new AudioContext();
  NOTES[screen].forEach((pitch, place) => {
    const [note, volume] = [speaker.createOscillator(), speaker.createGain()];
    note.frequency.value = pitch;
    volume.gain.value = 0.08;
    note.connect(volume).connect(speaker.destination);
    note.start(speaker.currentTime + place * 0.12);
    note.stop(speaker.currentTime + place * 0.12 + 0.1);
  });
}

function empty() {
  stage.replaceChildren();
  typed = "";
  face = NOTHING;
  closeEye();
}

function tick() {
  if (!face.ends_ms) return;
  const left = face.ends_ms - (Date.now() - touchedAt);
  const still = document.getElementById("still");
  if (left <= 0) {
    empty();
    send("end");
  } else if (still) {
    still.hidden = left > face.warn_ms;
    document.getElementById("left").textContent = String(Math.ceil(left / 1000));
  }
}

// --- touches ---------------------------------------------------------------------------------------

function asking() {
  const still = document.getElementById("still");
  return still && !still.hidden ? still : null;
}

function touched() {
  if (asking()) return; // the click decides, so that nothing lies under a finger that is still down
  touchedAt = Date.now();
  if (face.ends_ms && Date.now() - toldAt > STAY_MS) stay();
}

function stay() {
  touchedAt = Date.now();
  send("stay");
}

function pressed(event) {
  const still = asking();
  if (still) {
    still.hidden = true;
    stay();
    return;
  }
  const button = event.target.closest("button");
  if (!button) return;
  const { key, event: name, value, send: about } = button.dataset;
  if (key) press(key);
  else if (about) send(about, typed);
  else if (name) send(name, value);
}

function press(key) {
  const output = document.getElementById("typed");
  if (key === "del") typed = typed.slice(0, -1);
  else if (typed.length < Number(output.dataset.length)) typed += key;
  showTyped();
}

function showTyped() {
  const output = document.getElementById("typed");
  if (output) output.textContent = typed || " ";
}

window.addEventListener("pointerdown", touched, true);
window.addEventListener("click", pressed);
window.addEventListener("contextmenu", (event) => event.preventDefault());

// --- the scanner that types ------------------------------------------------------------------------

let buffer = "";
let lastKeyAt = 0;
let silence = 0;

function take() {
  const code = buffer;
  buffer = "";
  clearTimeout(silence);
  if (code.length >= 4) send("scan", code);
}

function silent() {
  if (OUR_CODE.test(buffer)) take(); // a scanner that sends no Enter
  buffer = "";
}

function keyed(event) {
  // A scanner's Enter or space must never press the button that happens to have the focus.
  if (event.key === "Enter" || event.key === " ") event.preventDefault();
  if (event.type === "keyup" || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.timeStamp - lastKeyAt > SILENCE_MS) buffer = "";
  lastKeyAt = event.timeStamp;
  if (event.key === "Enter" || event.key === "Tab") {
    if (buffer.length > 1) event.preventDefault();
    take();
  } else if (event.key.length === 1) {
    buffer += event.key;
    clearTimeout(silence);
    silence = setTimeout(silent, SILENCE_MS);
  }
}

window.addEventListener("keydown", keyed, true);
window.addEventListener("keyup", keyed, true);

// --- the camera, only while a code is being shown to it ----------------------------------------------

let stream = null;
let grabbing = 0;
const canvas = document.createElement("canvas");
canvas.width = FRAME.width;
canvas.height = FRAME.height;

async function openEye() {
  if (!navigator.mediaDevices || stream) return;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 }, audio: false });
  } catch {
    return; // no camera: the reader at the counter does
  }
  const eye = document.getElementById("eye");
  if (!WATCHING.includes(face.screen) || !eye) {
    closeEye();
    return;
  }
  eye.srcObject = stream;
  eye.hidden = false;
  document.getElementById("no-eye").hidden = true;
  await eye.play().catch(() => {});
  grabbing = setInterval(() => grab(eye), FRAME.every);
}

function closeEye() {
  clearInterval(grabbing);
  if (stream) for (const track of stream.getTracks()) track.stop();
  stream = null;
}

function grab(eye) {
  if (waiting || !eye.videoWidth) return;
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  brush.drawImage(eye, 0, 0, FRAME.width, FRAME.height);
  const colours = brush.getImageData(0, 0, FRAME.width, FRAME.height).data;
  const grey = new Uint8Array(FRAME.width * FRAME.height);
  for (let i = 0; i < grey.length; i += 1) {
    grey[i] = (colours[i * 4] * 77 + colours[i * 4 + 1] * 150 + colours[i * 4 + 2] * 29) >> 8;
  }
  call(`/kiosk/frame?w=${FRAME.width}&h=${FRAME.height}`, {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream" },
    body: grey,
  });
}

setInterval(tick, TICK_MS);
setInterval(poll, POLL_MS);
poll();
