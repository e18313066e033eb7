// The plan as a tree of what is shared and what each app has of its own, with costs; what another budget
// would change; earlier plans.
import {request, ApiError} from './api.js';
import {h, say, keep, note, bar, number, f1, rate, cost, count, time} from './dom.js';
import {DryRun} from './dryrun.js';

const kHistory = 20;

export class Plan {
  constructor(parent) {
    this.parent = parent;
    this.numberOf = null;  // of the plan that is shown
  }

  show() { this.numberOf = null; }

  fail(text) { this.parent.replaceChildren(note(text, true)); }

  update(node) {
    if (!this.summary || !this.summary.isConnected) this.build();
    this.fill(node);
    const changed = this.numberOf !== node.plan.number;
    this.numberOf = node.plan.number;
    const limited = ofSomeStreams(node.plan);
    this.dryRun.element.hidden = this.history.hidden = limited;
    if (changed && !limited) this.readHistory();
  }

  build() {
    this.summary = h('div', {class: 'card'});
    this.tree = h('div', {class: 'card'});
    this.dryRun = new DryRun();
    this.history = h('div', {class: 'card'}, h('h3', {}, 'Earlier plans'), note('Reading them.'));
    this.parent.replaceChildren(this.summary, this.tree, this.dryRun.element, this.history);
    this.drawn = null;
  }

  fill(node) {
    const plan = node.plan;
    const shown = JSON.stringify([plan, node.apps.map((app) => app.streams.map((on) => on.reason))]);
    if (!ofSomeStreams(plan)) this.dryRun.update(plan);
    // busy_ms_per_s changes all the time; the rest is drawn anew only with another plan.
    this.summary.replaceChildren(...summary(plan));
    const key = shown.replace(/"busy_ms_per_s":[^,]*/, '');
    if (key !== this.drawn) this.tree.replaceChildren(...tree(node));
    this.drawn = key;
  }

  async readHistory() {
    let content;
    try {
      const {plans} = await request(`plan/history?limit=${kHistory}`);
      content = plans.length ? historyTable(plans) : note('No plan is stored yet.');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      content = note(`Earlier plans cannot be read: ${error.message}.`, true);
    }
    this.history.replaceChildren(h('h3', {}, 'Earlier plans'), content);
  }
}

// The token is limited to some streams: it sees no figures of the whole node.
const ofSomeStreams = (plan) => plan.budget_ms_per_s === null;

const sum = (list) => list.reduce((total, value) => total + value, 0);

function parts(plan) {
  return {
    decoding: plan.decoding_ms_per_s,
    shared: sum(plan.stems.flatMap((stem) => stem.segments.map((segment) => segment.cost_ms_per_s))),
    own: sum(plan.apps.map((app) => app.cost_ms_per_s)),
  };
}

function figure(name, value, unit) {
  return h('div', {class: 'figure-box'}, h('dt', {}, name),
    h('dd', {}, h('strong', {}, value), unit ? h('span', {}, ` ${unit}`) : null));
}

function legend(kind, name, value) {
  return h('li', {}, h('span', {class: `key ${kind}`}), `${name} ${cost(value)}`);
}

function summary(plan) {
  const {decoding, shared, own} = parts(plan);
  if (ofSomeStreams(plan)) {
    return [h('h3', {}, `Plan ${plan.number}`),
      h('p', {class: 'soft'}, 'Your token is limited to some streams, so costs and budget of the whole node are not shown.')];
  }
  const budget = plan.budget_ms_per_s;
  const free = Math.max(0, budget - plan.cost_ms_per_s);
  const whole = Math.max(budget, plan.cost_ms_per_s) || 1;
  return [
    h('h3', {}, `Plan ${plan.number}`),
    h('p', {class: 'soft'}, plan.reason ? `In force because: ${plan.reason}.` : 'No plan is in force.',
      plan.feasible ? null : h('strong', {class: 'fault'}, ' It costs more than the budget.')),
    h('dl', {class: 'figures'},
      figure('Mean expected F1', f1(plan.mean_f1), 'of 1'),
      figure('Worst app’s F1', f1(plan.min_f1), 'of 1'),
      figure('Planned cost', number(plan.cost_ms_per_s, 0), 'ms/s'),
      figure('Workers busy now', number(plan.busy_ms_per_s, 0), 'ms/s'),
      figure('Budget', number(budget, 0), 'ms/s')),
    bar([[decoding / whole, 'decoding', 'Decoding'], [shared / whole, 'shared', 'Shared by apps'],
      [own / whole, 'own', 'Apps’ own']],
    `Of a budget of ${cost(budget)}: decoding ${cost(decoding)}, shared ${cost(shared)}, apps’ own ${cost(own)}`),
    h('ul', {class: 'legend'}, legend('decoding', 'Decoding', decoding), legend('shared', 'Shared', shared),
      legend('own', 'Apps’ own', own), legend('free', 'Free', free)),
    h('p', {class: 'soft small'},
      `ms/s: core-milliseconds per second; one core has 1,000. ${count(plan.workers, 'worker', 'workers')}, ` +
      `${count(plan.threads, 'thread', 'threads')} in each.`),
  ];
}

function tree(node) {
  const plan = node.plan;
  const most = Math.max(1e-9, ...plan.stems.flatMap((stem) => stem.segments.map((part) => part.cost_ms_per_s)),
    ...plan.apps.map((app) => app.cost_ms_per_s));
  const resting = node.apps.flatMap((app) => app.streams.filter((on) => !on.planned)
    .map((on) => ({app: app.name, stream: on.stream, reason: on.reason || 'it is not planned'})));
  const content = [h('h3', {}, 'What is shared')];
  if (!plan.apps.length) content.push(note('No app is planned.'));
  else content.push(h('p', {class: 'soft'}, 'From the camera down: each shared part of the network runs once per ' +
    'frame, and apps leave it where their own parts begin.'));
  plan.stems.forEach((stem, index) => {
    const apps = plan.apps.filter((app) => app.stem === index);
    if (apps.length) content.push(stemTree(stem, apps, most));
  });
  if (resting.length) {
    content.push(h('h4', {}, 'Not running'), h('ul', {class: 'resting'}, resting.map((one) =>
      h('li', {}, h('strong', {}, one.app), ` on ${one.stream}: ${one.reason}.`))));
  }
  return content;
}

function line(name, details, value, most, kind) {
  return h('div', {class: 'line'}, h('div', {}, h('strong', {}, name), h('span', {class: 'soft'}, ` ${details}`)),
    h('div', {class: 'line-cost'}, bar([[value / most, kind, '']], cost(value)), h('span', {}, cost(value))));
}

function appLine(app, most) {
  const details = `${app.candidate}, ${rate(app.fps)}, ${count(app.votes, 'vote', 'votes')}, F1 ${f1(app.expected_f1)}`;
  return h('li', {class: 'leaf'}, line(app.app, details, app.cost_ms_per_s, most, 'own'));
}

function stemTree(stem, apps, most) {
  const whole = stem.region.every((side, i) => side === [0, 0, 1, 1][i]);
  const part = whole ? '' : `, part of the picture from ${stem.region.slice(0, 2).map((v) => number(100 * v, 0)).join(' %, ')} %`;
  const root = h('ul', {class: 'tree'});
  let list = root;
  const left = new Set(apps);
  for (const segment of stem.segments) {
    const inner = h('ul');
    list.append(h('li', {}, line(`up to ${segment.branchpoint}`,
      `shared, ${rate(segment.fps)}, ${segment.number_type}`, segment.cost_ms_per_s, most, 'shared'), inner));
    list = inner;
    for (const app of apps) {
      if (app.branchpoint !== segment.branchpoint) continue;
      list.append(appLine(app, most));
      left.delete(app);
    }
  }
  for (const app of left) root.append(appLine(app, most));  // that run alone
  return h('div', {class: 'stem'}, h('h4', {}, stem.stream, h('span', {class: 'soft'}, ` base ${stem.base}${part}`)), root);
}

function historyTable(plans) {
  const row = (plan) => {
    const schedule = plan.schedule || {};
    return h('tr', {}, h('td', {}, time(plan.time)), h('td', {}, plan.reason || '–'),
      h('td', {class: 'right'}, f1(schedule.mean_f1)), h('td', {class: 'right'}, number(schedule.cost_ms_per_s, 0)));
  };
  return h('div', {class: 'scroll', tabIndex: 0}, h('table', {}, h('thead', {}, h('tr', {}, h('th', {}, 'Since'),
    h('th', {}, 'Reason'), h('th', {class: 'right'}, 'Mean F1'), h('th', {class: 'right'}, 'Cost, ms/s'))),
  h('tbody', {}, plans.map(row))));
}
