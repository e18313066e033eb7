// Starts the dashboard: views, the node's state, live events, the token.
import {poll, follow, token, ApiError} from './api.js';
import {say} from './dom.js';
import {Live} from './live.js';
import {Plan} from './plan.js';
import {Events, Latest} from './events.js';
import {Health} from './health.js';
import {Labels} from './labels.js';

const kEvery = 1_000;  // ms between two looks at the node's state

const at = (id) => document.getElementById(id);
const latest = new Latest(at('latest'));
const events = new Events(at('events'));
const views = {live: new Live(at('tiles')), plan: new Plan(at('plan')), events, health: new Health(at('health')),
  labels: new Labels(at('labels'))};
let current = null;
let status = null;  // the last one

function go() {
  const name = location.hash.slice(1) in views ? location.hash.slice(1) : 'live';
  if (name === current) return;
  if (current) views[current].hide?.();
  current = name;
  for (const view of Object.keys(views)) at(`${view}-view`).hidden = view !== name;
  for (const link of document.querySelectorAll('nav a')) {
    if (link.hash === `#${name}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  views[name].show?.();
  if (status) views[name].update(status);
}

function chip(kind, text) {
  at('state').className = `chip ${kind}`;
  say(at('state'), text);
}

function notice(text) {
  at('notice').hidden = !text;
  say(at('notice'), text);
}

function tell(node) {
  const up = node.streams.filter((stream) => stream.up).length;
  const planned = node.plan.apps.length;
  const open = node.apps.flatMap((app) => app.streams).filter((app) => app.event_open).length;
  say(at('node'), node.node);
  document.title = `${open ? `(${open}) ` : ''}${node.node} – Mainstream`;
  if (node.streams.length && !up) chip('bad', 'No stream is up');
  else if (node.apps.length && !planned) chip('bad', 'No app is planned');
  else if (up < node.streams.length) chip('warn', `${up} of ${node.streams.length} streams up`);
  else chip('good', 'Running');
  const faults = [];
  if (node.store?.error) faults.push(`The disk cannot be written: ${node.store.error}.`);
  if (node.refused) faults.push(`The last change was refused: ${node.refused}.`);
  notice(faults.join(' '));
}

function start() {
  addEventListener('hashchange', () => {
    go();
    at('main').focus({preventScroll: true});
    scrollTo(0, 0);
  });
  go();
  poll('status', kEvery, (answer) => {
    status = answer;
    document.body.classList.remove('stale');
    tell(answer);
    views.health.remember(answer);
    events.know(answer);
    views[current].update(answer);
  }, (error, wait) => {
    document.body.classList.add('stale');
    chip('bad', error.status === 0 ? 'Not reachable' : 'Fault');
    const what = error.status === 0 ? 'The node cannot be reached.' : `The node says: ${error.message}.`;
    const old = status ? ' What you see is old.' : '';
    notice(`${what}${old} The next try is in ${Math.round(wait / 1000)} s.`);
    if (!status) views[current].fail(what);
    views.health.remember(null);
  });
  follow((message) => {
    latest.take(message);
    events.take(message);
  }, (fault) => {
    latest.state(fault);
    events.state(fault);
  });
}

document.addEventListener('tokenwanted', ({detail}) => {
  const dialog = at('token-dialog');
  at('token-fault').hidden = !detail;
  say(at('token-fault'), detail);
  at('token').value = '';
  chip('warn', 'Waiting for a token');
  if (!dialog.open) dialog.showModal();
});
at('token-dialog').addEventListener('cancel', (event) => event.preventDefault());
at('token-dialog').addEventListener('close', () => token.use(at('token').value.trim()));

addEventListener('unhandledrejection', (event) => {
  if (event.reason instanceof ApiError) event.preventDefault();
});
start();
