// Figures over time. The history is kept in the page: as long as it is open, up to a quarter of an hour.
import {h, say, keep, note, number, rate, cost, count, length} from './dom.js';

const kEvery = 2_000;  // ms between two points
const kPoints = 450;
const kDraw = 2_000;
const kCauses = [['overload', 'overload'], ['budget', 'budget'], ['camera', 'camera']];
const kColours = ['--line-1', '--line-2', '--line-3', '--line-4', '--line-5', '--line-6'];

let library = null;
function chartLibrary() {
  library ??= new Promise((resolve, reject) => {
    const script = h('script', {src: 'dashboard/chart.min.js'});
    script.onload = () => resolve(window.Chart);
    script.onerror = () => {
      library = null;
      script.remove();
      reject(new Error('charts cannot be loaded'));
    };
    document.head.append(script);
  });
  return library;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class Health {
  constructor(parent) {
    this.parent = parent;
    this.points = [];
    this.charts = new Map();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.again());
  }

  // A point of the history; null: the node could not be reached.
  remember(node) {
    const now = Date.now();
    if (this.last && now - this.last < kEvery - 100) return;
    this.last = now;
    this.points.push(node ? point(now, node) : {at: now});
    if (this.points.length > kPoints) this.points.shift();
    if (this.shown) this.draw();
  }

  show() {
    this.shown = true;
    if (this.points.length) this.draw();
  }
  hide() { this.shown = false; }

  fail(text) { this.parent.replaceChildren(note(text, true)); }

  update(node) {
    if (!this.figures?.isConnected) this.build();
    const up = node.streams.filter((stream) => stream.up).length;
    const whole = node.store !== null;  // null: the token is limited to some streams
    this.sinks.parentElement.hidden = !whole;
    const ages = node.streams.map((stream) => stream.frame_age_ms).filter((age) => age !== null && age !== undefined);
    const items = [
      ['Streams up', String(up), `of ${node.streams.length}`],
      ['Apps planned', String(node.plan.apps.length), `of ${node.apps.flatMap((app) => app.streams).length}`],
      ...(whole ? [['Workers busy', number(node.plan.busy_ms_per_s, 0),
        `of ${number(node.plan.budget_ms_per_s - node.plan.decoding_ms_per_s, 0)} ms/s`]] : []),
      ['Oldest mean frame age', ages.length ? number(Math.max(...ages), 0) : '–', 'ms'],
      ['Events raised', node.events.toLocaleString('en'), node.events_dropped ? `${node.events_dropped} lost` : ''],
      ...(whole ? [['Store', number(node.store.bytes / 1e6, 1), 'MB']] : []),
    ];
    keep(this.figures, items, (item) => item[0], ([name]) => h('div', {class: 'figure-box'}, h('dt', {}, name),
      h('dd', {}, h('strong'), ' ', h('span'))), (box, [, value, unit]) => {
      say(box.querySelector('strong'), value);
      say(box.querySelector('span'), unit);
    });
    keep(this.rows, appRows(node), (row) => row.key, () => h('tr', {}, Array.from({length: 6}, (_, i) =>
      h('td', {class: i > 1 ? 'right' : ''}))), (row, {cells}) => cells.forEach((text, i) => say(row.cells[i], text)));
    this.sinks.replaceChildren(...(node.sinks.length ? node.sinks.map(sinkLine) : [note('Events go to no sink.')]));
  }

  build() {
    this.charts.forEach((chart) => chart.destroy());
    this.charts.clear();
    this.figures = h('dl', {class: 'figures card'});
    this.plots = h('div', {class: 'plots'});
    this.fault = h('p', {class: 'empty bad', role: 'alert', hidden: true});
    this.rows = h('tbody');
    this.sinks = h('ul', {class: 'sinks'});
    const heads = ['App', 'Stream', 'Reached, frames/s', 'Planned, frames/s', 'Lost to overload', 'Lost to the budget'];
    this.parent.replaceChildren(this.figures, this.fault, this.plots,
      h('div', {class: 'card'}, h('h3', {}, 'Apps'), h('div', {class: 'scroll', tabIndex: 0}, h('table', {}, h('thead', {},
        h('tr', {}, heads.map((text, i) => h('th', {class: i > 1 ? 'right' : ''}, text)))), this.rows))),
      h('div', {class: 'card'}, h('h3', {}, 'Where events go'), this.sinks));
    if (this.shown) this.draw();
  }

  again() {
    this.charts.forEach((chart) => chart.destroy());
    this.charts.clear();
    if (this.shown) this.draw();
  }

  async draw() {
    if (!this.plots?.isConnected) return;
    let Chart;
    try {
      Chart = await chartLibrary();
      this.fault.hidden = true;
    } catch (error) {
      say(this.fault, `The ${error.message}.`);
      this.fault.hidden = false;
      return;
    }
    for (const plot of plotsOf(this.points)) this.drawOne(Chart, plot);
  }

  drawOne(Chart, plot) {
    const labels = this.points.map((one) => (one.at - this.points.at(-1).at) / 1000);
    const datasets = plot.lines.map((line, i) => ({
      label: line.name, data: line.values, borderColor: colour(line.colour || kColours[i % kColours.length]),
      backgroundColor: colour(line.colour || kColours[i % kColours.length]), borderWidth: line.dashed ? 1.5 : 2,
      borderDash: line.dashed ? [5, 4] : [], pointRadius: 0, pointHitRadius: 8, tension: 0, spanGaps: false,
      stepped: line.dashed,
    }));
    let chart = this.charts.get(plot.name);
    if (!chart) {
      const canvas = h('canvas', {role: 'img', 'aria-label': `${plot.name}, ${plot.unit}, over the last minutes`});
      this.plots.append(h('figure', {class: 'card plot'}, h('figcaption', {}, h('strong', {}, plot.name),
        h('span', {class: 'soft'}, ` ${plot.unit}`)), h('div', {class: 'canvas'}, canvas)));
      chart = new Chart(canvas, {type: 'line', data: {labels, datasets}, options: chartOptions()});
      this.charts.set(plot.name, chart);
      return;
    }
    chart.data.labels = labels;
    datasets.forEach((dataset, i) => Object.assign(chart.data.datasets[i] ??= {}, dataset));
    chart.data.datasets.length = datasets.length;
    chart.update('none');
  }
}

function point(at, node) {
  const apps = {};
  for (const app of node.apps) {
    for (const on of app.streams) if (on.planned) apps[`${app.name} on ${on.stream}`] = {reached: on.reached_fps, planned: on.planned_fps};
  }
  const ages = {};
  for (const stream of node.streams) ages[stream.name] = stream.frame_age_ms ?? null;
  const lost = {};
  for (const [cause] of kCauses)
    lost[cause] = node.streams.reduce((total, stream) => total + stream.dropped[cause], 0);
  const {plan} = node;
  if (plan.budget_ms_per_s === null) return {at, apps, ages, lost};
  return {at, apps, ages, lost, busy: plan.busy_ms_per_s, planned: plan.cost_ms_per_s - plan.decoding_ms_per_s,
    budget: plan.budget_ms_per_s - plan.decoding_ms_per_s};
}

// Counts only rise, but for a node that began anew.
function perSecond(points, cause) {
  return points.map((one, i) => {
    const before = points[i - 1];
    if (!one.lost || !before?.lost || one.lost[cause] < before.lost[cause]) return null;
    return (one.lost[cause] - before.lost[cause]) / ((one.at - before.at) / 1000);
  });
}

function plotsOf(points) {
  const newest = points.findLast((one) => one.apps) || {apps: {}, ages: {}, budget: null};
  const plots = [
    ...(newest.budget === undefined ? [] : [{name: 'Busy time of the workers', unit: 'core-milliseconds per second, without decoding', lines: [
      {name: 'busy', values: points.map((one) => one.busy ?? null)},
      {name: 'planned', values: points.map((one) => one.planned ?? null), dashed: true, colour: '--line-1'},
      {name: 'budget', values: points.map((one) => one.budget ?? null), dashed: true, colour: '--soft'}]}]),
    {name: 'Lost frames of the streams', unit: 'frames per second, by cause', lines: kCauses.map(([cause, name]) =>
      ({name, values: perSecond(points, cause)}))},
    {name: 'Frame age', unit: 'ms from the decoder to the answer, mean', lines: Object.keys(newest.ages).map((name) =>
      ({name, values: points.map((one) => one.ages?.[name] ?? null)}))},
  ];
  for (const name of Object.keys(newest.apps)) {
    plots.push({name: `Rate of ${name}`, unit: 'analysed frames per second', lines: [
      {name: 'reached', values: points.map((one) => one.apps?.[name]?.reached ?? null)},
      {name: 'planned', values: points.map((one) => one.apps?.[name]?.planned ?? null), dashed: true, colour: '--line-1'}]});
  }
  return plots;
}

function chartOptions() {
  const soft = colour('--soft');
  const ago = (seconds) => seconds > -1 ? 'now' : `${length(-seconds).replace('.0', '')} ago`;
  const grid = {color: colour('--line'), drawTicks: false};
  return {
    animation: false, responsive: true, maintainAspectRatio: false, interaction: {mode: 'index', intersect: false},
    scales: {
      x: {type: 'linear', max: 0, grid: {display: false}, border: {display: false},
        ticks: {color: soft, maxTicksLimit: 4, maxRotation: 0, callback: ago}},
      y: {beginAtZero: true, suggestedMax: 1, grid, ticks: {color: soft, maxTicksLimit: 5, padding: 6}},
    },
    plugins: {
      legend: {position: 'bottom', align: 'start', labels: {color: soft, boxWidth: 14, boxHeight: 2, padding: 12}},
      tooltip: {callbacks: {title: (items) => ago(items[0].parsed.x), label: (item) =>
        `${item.dataset.label}: ${number(item.parsed.y, 1)}`}},
    },
  };
}

function appRows(node) {
  return node.apps.flatMap((app) => app.streams.map((on) => ({key: `${app.name} ${on.stream}`, cells: [
    app.name, on.stream, number(on.reached_fps), number(on.planned_fps), on.dropped.overload.toLocaleString('en'),
    on.dropped.budget.toLocaleString('en')]})));
}

function sinkLine(sink) {
  const delivered = `${count(sink.delivered, 'record', 'records')} delivered, ${sink.lag.toLocaleString('en')} waiting`;
  return h('li', {}, h('strong', {}, sink.name), ' ',
    h('span', {class: `chip ${sink.up ? 'good' : 'bad'}`}, sink.up ? 'Working' : 'Failing'),
    h('span', {class: 'soft'}, ` ${delivered}${sink.last_error ? `; last fault: ${sink.last_error}` : ''}`));
}
