// A slider for the budget, and what the node would plan with it. Nothing changes by asking.
import {request, ApiError} from './api.js';
import {h, say, note, number, f1, rate, cost} from './dom.js';

const kWait = 300;  // ms after the last move of the slider

export class DryRun {
  constructor() {
    this.slider = h('input', {type: 'range', min: 10, max: 2000, step: 10, id: 'budget'});
    this.value = h('output', {for: 'budget'});
    this.answer = h('div', {class: 'answer', role: 'status'}, note('Move the slider to ask.'));
    this.element = h('div', {class: 'card'}, h('h3', {}, 'What if the budget were another?'),
      h('p', {class: 'soft'}, 'The node plans without changing anything.'),
      h('label', {htmlFor: 'budget'}, 'Budget ', this.value), this.slider, this.answer);
    this.slider.oninput = () => {
      this.touched = true;
      this.tell();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), kWait);
    };
  }

  update(plan) {
    this.plan = plan;
    if (this.touched) return;
    const whole = Math.max(1000 * plan.workers * plan.threads, plan.budget_ms_per_s);
    this.slider.max = Math.ceil(whole / 10) * 10;
    this.slider.value = plan.budget_ms_per_s;
    this.tell();
  }

  tell() {
    say(this.value, cost(Number(this.slider.value)));
    this.slider.setAttribute('aria-valuetext', `${this.slider.value} core-milliseconds per second`);
  }

  async ask() {
    const budget = Number(this.slider.value);
    const asked = this.asked = Symbol('asked');
    this.answer.classList.add('asking');
    let content;
    try {
      content = result(await request('plan/dry-run', {method: 'POST', json: {budget}}));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      content = [error.status === 404 ? note('This node does not answer such questions.')
                                      : note(`The node gives no answer: ${error.message}.`, true)];
    }
    if (asked !== this.asked) return;
    this.answer.classList.remove('asking');
    this.answer.replaceChildren(...content);
  }
}

// One figure now and then.
function change(name, before, after, show) {
  return h('div', {class: 'figure-box'}, h('dt', {}, name), h('dd', {}, h('span', {}, `${show(before)} → `),
    h('strong', {}, show(after))));
}

const setting = (chosen) => chosen ? `${chosen.candidate}, ${rate(chosen.fps)}` : 'does not run';

// Why the app gets no more, or what happens to it.
function reason(app) {
  if (app.reason) return `${app.reason}.`;
  const more = app.more;
  if (!more) return 'It has its best setting.';
  const step = `${more.candidate} at ${rate(more.fps)} would give ${f1(more.expected_f1)} for ` +
    `${cost(more.extra_cost_ms_per_s)} more`;
  if (more.why_not) return `${step}; ${more.why_not}.`;
  const losers = more.others.filter((other) => other.expected_f1_after < other.expected_f1_before)
    .map((other) => `${other.app} on ${other.stream} ${f1(other.expected_f1_before)} → ${f1(other.expected_f1_after)}`);
  return losers.length ? `${step}, taken from ${losers.join(', ')}.` : `${step}.`;
}

function row(app) {
  const f1Of = (chosen) => chosen ? f1(chosen.expected_f1) : '–';
  const same = app.before && app.after && app.before.candidate === app.after.candidate && app.before.fps === app.after.fps;
  return h('tr', {class: same ? '' : 'changed'}, h('td', {}, h('strong', {}, app.app), h('span', {class: 'soft'}, ` on ${app.stream}`)),
    h('td', {class: 'right'}, `${f1Of(app.before)} → ${f1Of(app.after)}`),
    h('td', {}, same ? 'as it is: ' : '', setting(app.after)), h('td', {class: 'soft'}, reason(app)));
}

function result(answer) {
  if (!answer.feasible) return [note(`No plan fits: ${answer.reason || 'the budget is too small'}.`, true)];
  const {before, after} = answer;
  const heads = ['App', 'Expected F1', 'Then runs', 'Why no more'];
  return [
    h('dl', {class: 'figures'}, change('Mean expected F1', before.mean_f1, after.mean_f1, f1),
      change('Worst app’s F1', before.min_f1, after.min_f1, f1),
      change('Planned cost, ms/s', before.cost_ms_per_s, after.cost_ms_per_s, (value) => number(value, 0))),
    answer.costs_guessed ? h('p', {class: 'soft'}, 'Some costs are guessed: this machine has not measured them yet.') : '',
    h('div', {class: 'scroll', tabIndex: 0}, h('table', {}, h('thead', {}, h('tr', {}, heads.map((text, i) =>
      h('th', {class: i === 1 ? 'right' : ''}, text)))), h('tbody', {}, answer.apps.map(row)))),
  ];
}
