// The node's API: requests with the token, pictures, live events, and the one document that all views follow.

const kTimeout = 10_000;   // ms; a request takes milliseconds
const kLongest = 10_000;   // ms between two tries while the node cannot be reached
const kSilence = 40_000;   // ms; live events have a comment every 15 s
const kToken = 'mainstream-token';

// status 0: the node cannot be reached.
export class ApiError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

let wanted = null;  // while a token is asked for: {promise, resolve}

export const token = {
  get: () => sessionStorage.getItem(kToken),
  // Requests that wait for a token go on.
  use(text) {
    sessionStorage.setItem(kToken, text);
    const waiting = wanted;
    wanted = null;
    waiting?.resolve();
  },
};

function want(detail) {
  if (!wanted) {
    wanted = {};
    wanted.promise = new Promise((resolve) => { wanted.resolve = resolve; });
    document.dispatchEvent(new CustomEvent('tokenwanted', {detail}));
  }
  return wanted.promise;
}

async function fault(answer) {
  let detail = `the node answered with status ${answer.status}`;
  try {
    detail = (await answer.json()).detail || detail;
  } catch { /* no problem details */ }
  return new ApiError(answer.status, detail);
}

async function send(path, options, timeout) {
  while (true) {
    if (wanted) await wanted.promise;
    const used = token.get();
    const headers = {...options.headers};
    if (used) headers.Authorization = `Bearer ${used}`;
    let answer;
    try {
      const signals = [options.signal, timeout && AbortSignal.timeout(timeout)].filter(Boolean);
      answer = await fetch(new URL(path, document.baseURI), {
        ...options, headers, signal: signals.length ? AbortSignal.any(signals) : undefined, credentials: 'omit',
        cache: 'no-store',
      });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new ApiError(0, 'the node cannot be reached');
    }
    if (answer.status !== 401) return answer;
    if (used === token.get()) await want(used ? 'The node does not know this token.' : '');
  }
}

// `json` or `file` (a blob) is the body; `patience`: ms, for what takes its time.
export async function request(path, {method = 'GET', json, file, signal, patience = kTimeout} = {}) {
  const options = {method, signal};
  if (file) {
    options.headers = {'Content-Type': 'application/octet-stream'};
    options.body = file;
  }
  if (json !== undefined) {
    options.headers = {'Content-Type': 'application/json'};
    options.body = JSON.stringify(json);
  }
  const answer = await send(`api/v1/${path}`, options, patience);
  if (!answer.ok) throw await fault(answer);
  try {
    return await answer.json();
  } catch {
    throw new ApiError(0, 'the node cannot be reached');
  }
}

// Shows a picture of the API in `image`. The token goes with the request, so the address alone would not do.
export async function show(image, path) {
  const answer = await send(`api/v1/${path}`, {}, kTimeout);
  if (!answer.ok) throw await fault(answer);
  const address = URL.createObjectURL(await answer.blob());
  const before = image.src;
  image.src = address;
  try {
    await image.decode();
  } finally {
    if (before.startsWith('blob:')) URL.revokeObjectURL(before);
  }
}

// A file of the API; it may take its time.
export async function read(path) {
  const answer = await send(`api/v1/${path}`, {});
  if (!answer.ok) throw await fault(answer);
  return answer.blob();
}

// Has the browser save a file of the API under this name.
export async function save(path, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await read(path));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const pause = (ms, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, {once: true});
});

const shown = () => document.visibilityState === 'visible' ? Promise.resolve() : new Promise((resolve) => {
  document.addEventListener('visibilitychange', resolve, {once: true});
});

// Asks again and again while the page is seen: take(answer) or fail(error), which gives the ms to wait.
export async function poll(path, every, take, fail) {
  let wait = every;
  while (true) {
    await shown();
    try {
      const answer = await request(path);
      wait = every;
      take(answer);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      wait = Math.min(kLongest, Math.max(1_000, wait * 1.5));
      fail(error, wait);
    }
    await pause(wait);
  }
}

// Splits server-sent events into {id, event, data}.
function parser(take) {
  let rest = '';
  return (text) => {
    rest += text;
    for (let end; (end = rest.indexOf('\n\n')) >= 0; rest = rest.slice(end + 2)) {
      const message = {data: ''};
      for (const line of rest.slice(0, end).split('\n')) {
        const colon = line.indexOf(': ');
        if (colon > 0) message[line.slice(0, colon)] = line.slice(colon + 2);
      }
      if (message.event) take(message);
    }
  };
}

// Live events, for ever: EventSource cannot send a token. After a break it goes on where it was. A page that is not
// seen holds no connection: a browser has six to a node, and the node sixteen such clients.
// take({event, data}); state(text): empty while it is connected, else why not.
export async function follow(take, state) {
  let last = null;
  let wait = 1_000;
  while (true) {
    await shown();
    const stop = new AbortController();
    const leave = (event) => {
      if (event.type === 'pagehide' || document.visibilityState !== 'visible') stop.abort('left');
    };
    document.addEventListener('visibilitychange', leave);
    addEventListener('pagehide', leave);
    let silence;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => stop.abort(), kSilence);
    };
    try {
      const headers = last === null ? {} : {'Last-Event-ID': last};
      heard();
      const answer = await send('api/v1/events/stream', {headers, signal: stop.signal});
      if (!answer.ok) throw await fault(answer);
      state('');
      wait = 1_000;
      const read = parser((message) => {
        last = message.id ?? last;
        take({event: message.event, data: JSON.parse(message.data || 'null')});
      });
      const bytes = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let piece; !(piece = await bytes.read()).done;) {
        heard();
        read(piece.value);
      }
      throw new ApiError(0, 'the node cannot be reached');
    } catch (error) {
      if (stop.signal.reason !== 'left') state(error instanceof ApiError ? error.message : 'the node cannot be reached');
    }
    clearTimeout(silence);
    document.removeEventListener('visibilitychange', leave);
    removeEventListener('pagehide', leave);
    if (stop.signal.reason === 'left') continue;
    await pause(wait);
    wait = Math.min(kLongest, wait * 1.5);
  }
}
