"""The dashboard in a real Chromium, against a real node (dashboard_node.cpp). script/test-dashboard runs it."""
import base64
import hashlib
import json
import os
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

NODE = 'build/dev/bin/dashboard_node'
PICTURES = 'out/dashboard'
MOST_BYTES = 300_000
PATIENCE_S = 60  # a busy machine is no fault of the page
VIEWS = ('live', 'plan', 'events', 'health', 'labels')


class Node:
    """A node of its own process, which takes commands."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([NODE, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.address = f'http://127.0.0.1:{self.port}/'

    def tell(self, command):
        self.process.stdin.write(command + '\n')
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def get(self, path):
        with urllib.request.urlopen(self.address + 'api/v1/' + path, timeout=10) as answer:
            return json.load(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


def browser(width, height, dark=False):
    options = Options()
    # In a container, root has no sandbox; /dev/shm may be small.
    for argument in ('--headless=new', '--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu',
                     f'--window-size={width},{height}', '--hide-scrollbars', '--force-color-profile=srgb'):
        options.add_argument(argument)
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL', 'performance': 'ALL'})
    driver = webdriver.Chrome(service=Service('/usr/bin/chromedriver'), options=options)
    # A window cannot be as narrow as a phone.
    driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride',
                           {'width': width, 'height': height, 'deviceScaleFactor': 1, 'mobile': width < 600})
    scheme = [{'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}]
    driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': scheme})
    return driver


class DashboardCase(unittest.TestCase):
    node = None
    width, height, dark = 1280, 900, False
    arguments = ('plain',)

    @classmethod
    def setUpClass(cls):
        cls.node = Node(*cls.arguments)
        cls.driver = browser(cls.width, cls.height, cls.dark)

    @classmethod
    def tearDownClass(cls):
        cls.driver.quit()
        cls.node.close()

    def go(self, view='live'):
        self.driver.get('about:blank')  # else only the part after # changes
        self.driver.get(self.node.address + '#' + view)
        self.wait(f'#{view}-view:not([hidden])')

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def wait(self, selector, seconds=PATIENCE_S):
        self.until(lambda: [one for one in self.all(selector) if one.is_displayed()], selector, seconds)
        return [one for one in self.all(selector) if one.is_displayed()][0]

    def until(self, condition, what, seconds=PATIENCE_S):
        WebDriverWait(self.driver, seconds, 0.05, (Exception,)).until(lambda _: condition(), f'not within {seconds} s: {what}')

    def text(self, selector):
        return ' '.join(one.text for one in self.all(selector))

    def point_and_click(self, element):
        """As a person does: while the pointer is over the list, nothing in it moves away."""
        for _ in range(2):
            webdriver.ActionChains(self.driver).move_to_element(element).pause(0.1).perform()
        element.click()

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def press(self, *keys):
        actions = webdriver.ActionChains(self.driver)
        for key in keys:
            actions.send_keys(key)
        actions.perform()

    def faults(self):
        return [entry['message'] for entry in self.driver.get_log('browser') if entry['level'] == 'SEVERE']

    def picture(self, name, whole=True):
        shot = self.driver.execute_cdp_cmd('Page.captureScreenshot', {'captureBeyondViewport': whole})
        with open(f'{PICTURES}/{name}.png', 'wb') as file:
            file.write(base64.b64decode(shot['data']))

    def picture_all(self, name):
        for view in VIEWS:
            self.go(view)
            time.sleep(9 if view == 'health' else 2)  # pictures and charts come
            self.picture(f'{name}-{view}')
            self.assertEqual(self.script('return document.documentElement.scrollWidth'), self.width,
                             f'{view} is wider than the window')


class Dashboard(DashboardCase):
    def setUp(self):
        self.faults()  # forgets those of earlier tests

    def test_first_paint_and_size(self):
        self.driver.execute_cdp_cmd('Network.enable', {})
        self.driver.execute_cdp_cmd('Network.clearBrowserCache', {})
        self.driver.get_log('performance')
        self.go('health')
        self.wait('#health canvas')
        self.until(lambda: self.script('return performance.getEntriesByType("paint").length'), 'paint')
        paint = self.script('return performance.getEntriesByName("first-contentful-paint")[0].startTime')
        sizes = {}
        names = {}
        for entry in self.driver.get_log('performance'):
            message = json.loads(entry['message'])['message']
            if message['method'] == 'Network.responseReceived':
                names[message['params']['requestId']] = message['params']['response']['url']
            if message['method'] == 'Network.loadingFinished':
                sizes[message['params']['requestId']] = message['params']['encodedDataLength']
        page = {names[one]: size for one, size in sizes.items() if '/api/' not in names.get(one, '/api/')}
        total = sum(page.values())
        print(f'\nfirst paint {paint:.0f} ms; {len(page)} files, {total} bytes')
        self.assertIn(self.node.address + 'dashboard/chart.min.js', page)
        self.assertLess(total, MOST_BYTES)
        self.assertLess(paint, 1000)
        self.assertEqual(self.faults(), [])

    def test_live_tiles(self):
        self.go('live')
        self.until(lambda: len(self.all('.tile')) == 3, 'three tiles')
        self.until(lambda: self.script('return document.querySelector(".tile img").naturalWidth') > 0, 'a picture', 3)
        before = self.script('return document.querySelector(".tile img").src')
        self.until(lambda: self.script('return document.querySelector(".tile img").src') != before, 'the next picture')
        self.assertIn('near the road', self.text('.tile'))
        self.until(lambda: 'Down' in self.text('.tile .chip'), 'a stream that is down')
        self.until(lambda: 'threshold 0.90' in self.text('.tile'), 'a score and its threshold')
        self.assertIn('Off', self.text('.app .chip'))
        self.until(lambda: self.text('#state') == '2 of 3 streams up', 'the state')
        self.assertEqual(self.faults(), [])

    def test_plan_tells_costs(self):
        self.go('plan')
        self.wait('.tree .leaf')
        plan = self.node.get('plan')
        for app in plan['apps']:
            self.assertIn(app['app'], self.text('#plan .leaf'))
            self.assertIn(app['candidate'], self.text('#plan .leaf'))
        cost = sum(app['cost_ms_per_s'] for app in plan['apps']) + plan['decoding_ms_per_s'] + sum(
            part['cost_ms_per_s'] for stem in plan['stems'] for part in stem['segments'])
        self.assertAlmostEqual(cost, plan['cost_ms_per_s'], delta=1e-6 * max(1, cost))
        self.assertIn('it is turned off', self.text('#plan .resting'))
        self.assertIn(plan['reason'], self.text('#plan'))
        self.wait('#plan table')
        self.assertEqual(self.faults(), [])

    def test_another_budget_is_tried_without_a_change(self):
        self.go('plan')
        before = self.node.get('plan')
        self.wait('#budget').send_keys(Keys.ARROW_LEFT * 5)
        self.assertIn('250 ms/s', self.text('output'))
        self.wait('.answer table')
        for app in self.node.get('plan')['apps']:
            self.assertIn(app['app'], self.text('.answer table'))
        self.assertEqual(self.node.get('plan')['number'], before['number'])
        self.assertEqual(self.faults(), [])

    def test_an_event_appears_without_reload(self):
        self.go('events')
        self.wait('#events .filters')
        time.sleep(1.5)  # the live events are connected
        self.script('window.kept = true')
        event = self.node.tell('begin')
        card = self.wait(f'#events [data-id="{event}"]')
        self.assertIn('Going on', card.text)
        self.until(lambda: self.script(
            'return document.querySelector(arguments[0])?.naturalWidth', f'#events [data-id="{event}"] img') > 0,
            'its picture')
        self.assertIn('near the road on gate: an event began', self.script('return document.getElementById("said").textContent'))
        self.node.tell(f'end {event}')
        self.until(lambda: 'Going on' not in card.text, 'its end')
        self.assertTrue(self.script('return window.kept'))
        self.assertEqual(self.faults(), [])

    def test_verdicts(self):
        event = self.node.tell('event')
        self.go('events')
        button = self.wait(f'#events [data-id="{event}"] .verdict.false')
        self.point_and_click(button)
        self.until(lambda: button.get_attribute('aria-pressed') == 'true', 'the verdict')
        self.assertEqual(self.node.get(f'events/{event}')['verdict'], 'false')
        self.go('live')
        self.go('events')
        self.until(lambda: self.wait(f'#events [data-id="{event}"] .verdict.false').get_attribute('aria-pressed') == 'true',
                   'the verdict after a reload')
        self.point_and_click(self.wait(f'#events [data-id="{event}"] .verdict.true'))
        self.until(lambda: self.node.get(f'events/{event}')['verdict'] == 'true', 'another verdict')
        self.assertEqual(self.faults(), [])

    def test_near_misses(self):
        event = self.node.tell('event')
        near = self.node.tell('near')
        self.go('events')
        self.wait(f'#events [data-id="{event}"]')
        self.assertEqual(self.all(f'#events [data-id="{near}"]'), [])
        self.wait('#events .filters option[value="near"]').click()
        card = self.wait(f'#events [data-id="{near}"]')
        self.assertEqual(self.all(f'#events [data-id="{event}"]'), [])
        self.assertIn('Missed event', card.text)
        self.point_and_click(self.wait(f'#events [data-id="{near}"] .verdict.true'))
        self.until(lambda: self.node.get(f'events/{near}').get('verdict') == 'true', 'the verdict')
        self.node.tell('event')
        self.assertEqual(len(self.all('#events .event')), 1)
        self.picture('near-misses')
        self.assertEqual(self.faults(), [])

    def test_a_missed_event_is_reported(self):
        self.go('events')
        self.wait('.filters button').click()
        self.wait('#missed-dialog[open]')
        self.wait('#missed-form .main').click()
        self.until(lambda: not self.all('#missed-dialog[open]'), 'the dialog closes')
        self.assertEqual(self.faults(), [])

    def test_a_page_that_stays_open_does_not_grow(self):
        self.go('events')
        self.wait('#events .filters')
        time.sleep(1.5)  # the live events are connected, which begins the list anew
        for _ in range(310):
            last = self.node.tell('event')
        self.wait(f'#events [data-id="{last}"]')
        self.until(lambda: len(self.all('#events .event')) == 300, 'the earliest are gone')
        self.driver.find_element(By.XPATH, '//button[. = "Show earlier ones"]').click()
        self.until(lambda: len(self.all('#events .event')) > 309, 'they are asked for')

    def test_filters(self):
        self.node.tell('event')
        self.go('events')
        self.wait('#events .event')
        select = self.wait('.filters label:nth-of-type(2) select')
        select.send_keys('at night')
        self.until(lambda: 'No event fits.' in self.text('#events .empty'), 'an empty list')
        self.assertEqual(self.faults(), [])

    def test_a_page_that_is_left_holds_no_connection(self):
        for _ in range(8):  # a browser has six to a node
            self.go('live')
            self.wait('.tile')
            time.sleep(0.3)
        self.until(lambda: self.script('return document.querySelector(".tile img").naturalWidth') > 0, 'a picture')

    def test_charts(self):
        self.go('health')
        self.until(lambda: len(self.all('#health canvas')) >= 4, 'charts')
        self.assertIn('core-milliseconds per second', self.text('#health figcaption'))
        self.assertIn('Working', self.text('#health .sinks'))
        self.until(lambda: self.script(
            'return Object.values(Chart.instances).every((chart) => chart.data.labels.length > 2)'), 'points', 15)
        self.assertEqual(self.faults(), [])

    def test_keyboard(self):
        event = self.node.tell('event')
        self.go('live')
        self.wait('.tile')
        self.script('document.activeElement.blur()')
        self.press(Keys.TAB)
        self.assertEqual(self.driver.switch_to.active_element.text, 'Skip to the content')
        for _ in range(3):
            self.press(Keys.TAB)
        self.assertEqual(self.driver.switch_to.active_element.text, 'Events')
        outline = self.script('return getComputedStyle(document.activeElement).outlineStyle')
        self.assertEqual(outline, 'solid', 'the focus is seen')
        self.press(Keys.ENTER)
        self.wait(f'#events [data-id="{event}"]')
        for _ in range(20):
            self.press(Keys.TAB)
            if 'verdict true' in self.driver.switch_to.active_element.get_attribute('class'):
                break
        card = self.script('return document.activeElement.closest("article").dataset.id')
        self.press(Keys.SPACE)
        self.until(lambda: self.node.get(f'events/{card}').get('verdict') == 'true', 'the verdict')
        self.script(f'document.querySelector(\'#events [data-id="{card}"] .picture\').focus()')
        self.press(Keys.ENTER)
        self.wait('#picture-dialog[open]')
        self.press(Keys.ESCAPE)
        self.until(lambda: not self.all('#picture-dialog[open]'), 'the picture closes')
        self.assertEqual(self.faults(), [])

    def test_a_node_that_is_away_comes_back(self):
        self.go('events')
        self.wait('#events .filters')
        time.sleep(1.5)
        self.node.tell('away')
        self.until(lambda: 'cannot be reached' in self.text('#notice'), 'the notice')
        self.assertEqual(self.text('#state'), 'Not reachable')
        event = self.node.tell('event')  # the node lives on
        self.node.tell('back')
        self.until(lambda: not self.text('#notice'), 'the node is back', 20)
        self.wait(f'#events [data-id="{event}"]', 20)
        self.faults()  # Chromium notes each failed request

    def test_an_address_without_a_node_is_told(self):
        self.go('live')
        self.wait('.tile')
        self.node.tell('away')
        self.until(lambda: self.all('.stale'), 'old figures are marked')
        self.picture('away')
        self.node.tell('back')
        self.until(lambda: not self.all('.stale'), 'the node is back', 20)
        self.faults()

    def test_recordings_are_read_when_the_node_is_back(self):
        self.go('live')
        self.wait('.tile')
        self.node.tell('away')
        self.script('location.hash = "#labels"')
        self.until(lambda: 'Recordings cannot be read' in self.text('#labels .fault'), 'the fault')
        self.node.tell('back')
        self.until(lambda: 'Nothing is recorded yet.' in self.text('#labels .empty'), 'the list', 20)
        self.assertEqual(self.text('#labels .fault').strip(), '')
        self.faults()

    def test_files_are_kept(self):
        address = self.node.address + 'dashboard/app.js'
        with urllib.request.urlopen(address) as answer:
            tag = answer.headers['ETag']
            self.assertEqual(answer.headers['Content-Encoding'], 'gzip')
        try:
            urllib.request.urlopen(urllib.request.Request(address, headers={'If-None-Match': tag}))
            self.fail('expected 304')
        except urllib.error.HTTPError as answer:
            self.assertEqual(answer.code, 304)

    def test_the_policy_forbids_inline_scripts(self):
        with urllib.request.urlopen(self.node.address) as answer:
            policies = answer.headers.get_all('Content-Security-Policy')
            self.assertEqual(len(policies), 1)
            self.assertNotIn('unsafe', policies[0])
            self.assertEqual(answer.headers.get_all('Cache-Control'), ['no-cache'])


class FromTheCamera(DashboardCase):
    """From a stream to labels in the form that the trainer reads."""

    def train(self, recording):
        """Whether it was trained."""
        if not self.node.get(f'recordings/{recording}/training')['installed']:
            print('\nwithout the trainer: no training')
            return False
        self.wait('.training .main').click()
        play = self.driver.find_element(By.XPATH, '//button[starts-with(., "Play")]')
        for _ in range(2):
            play.click()  # the training is followed whatever else is done meanwhile
        for view in ('live', 'labels'):
            self.script(f'location.hash = "#{view}"')
        self.until(lambda: self.all('.training .main') and 'is trained' in self.text('.training'), 'the training', 120)
        self.assertIn('trained.mpkg', self.text('.training pre'))
        address = f'{self.node.address}api/v1/recordings/{recording}/trained.mpkg'
        with urllib.request.urlopen(address) as answer:
            self.assertEqual(answer.read(4), b'PK\x03\x04')
        self.correct(recording)
        self.wait('.training .row button:not(.main)').click()
        self.until(lambda: 'runs on gate' in self.text('.training'), 'the app runs')
        self.assertIn('<b>door<b>', [app['name'] for app in self.node.get('apps')['apps']])
        return True

    def correct(self, recording):
        """The frames to look at first are listed; a click goes to one, to be marked, and trained again."""
        doubts = self.node.get(f'recordings/{recording}/doubts')
        frames = [doubt['frame'] for doubt in doubts['frames']]
        fps = self.node.get(f'recordings/{recording}')['fps']
        self.assertEqual(doubts['app'], '<b>door<b>')
        self.assertTrue(all(abs(a - b) >= fps for a in frames for b in frames if a != b), frames)
        contradicts = [doubt['contradicts'] for doubt in doubts['frames']]
        self.assertEqual(contradicts, sorted(contradicts, reverse=True))
        self.until(lambda: len(self.all('.doubts button')) == len(frames), 'the frames to look at')
        for button, doubt in zip(self.all('.doubts button'), doubts['frames']):
            self.assertIn(f'Frame {doubt["frame"]},', button.text)
            self.assertIn(f'score {doubt["score"]:.2f}, threshold {doubts["threshold"]:.2f}', button.text)
        self.until(lambda: self.script('return [...document.querySelectorAll(".doubts img")].every((one) => one.naturalWidth)'),
                   'their pictures')
        self.picture('doubts')
        place, doubt = next((i, doubt) for i, doubt in enumerate(doubts['frames']) if not doubt['marked'])
        self.point_and_click(self.all('.doubts button')[place])
        self.until(lambda: self.wait('#labels input[type=range]').get_attribute('value') == str(doubt['frame']), 'the frame')
        self.press('b', 'e')
        marked = lambda: self.node.get(f'recordings/{recording}/doubts')['frames']
        self.until(lambda: any(one['frame'] == doubt['frame'] and one['marked'] for one in marked()) or
                   doubt['frame'] not in [one['frame'] for one in marked()], 'the correction counts')
        frames = [one['frame'] for one in marked()]
        self.until(lambda: [int(one.get_attribute('data-frame')) for one in self.all('.doubts img')] == frames, 'the list follows')
        self.wait('.training .main').click()
        self.until(lambda: 'is being trained' in self.text('.training'), 'the second training')
        self.until(lambda: not self.wait('.recordings .remove').is_enabled() or 'is trained' in self.text('.training'),
                   'its recording is not to be removed')
        self.until(lambda: 'is trained' in self.text('.training') and self.all('.doubts button'), 'the second training', 120)
        self.until(self.wait('.recordings .remove').is_enabled, 'it can be removed again')

    def test_record_mark_and_save(self):
        self.faults()
        self.go('labels')
        self.until(lambda: 'Nothing is recorded yet.' in self.text('#labels'), 'the empty list')
        self.until(lambda: self.script('return document.querySelector("#labels select").options.length') == 2, 'streams')
        seconds = self.wait('#labels input[type=number]')
        seconds.clear()
        seconds.send_keys('4', Keys.ENTER)
        self.wait('.recordings .hot')
        button = self.wait('.recordings .open')
        self.until(button.is_enabled, 'the recording is over', 15)
        recording = self.node.get('recordings')['recordings'][0]
        self.assertGreater(recording['frames'], 30)
        self.assertEqual(recording['stream'], 'gate')
        button.click()
        self.until(lambda: self.script('return document.querySelector(".player img").naturalWidth') > 0, 'a frame')
        app = self.wait('#labels input[type=text]')
        app.clear()
        app.send_keys('<b>door<b>')
        self.script('document.querySelector(".player").focus()')
        self.press(*[Keys.ARROW_RIGHT] * 5, 'b', *[Keys.ARROW_RIGHT] * 7, 'e')
        self.until(lambda: 'has kept the marks' in self.text('#labels'), 'the marks are kept')
        self.assertIn('5 to 12', self.text('.marks'))
        self.press(Keys.END, 'b', Keys.ARROW_LEFT, 'e', Keys.HOME, ' ')
        self.until(lambda: len(self.all('.marks li')) == 2, 'the second mark')
        time.sleep(1)
        self.press(' ')
        self.assertGreater(int(self.wait('#labels input[type=range]').get_attribute('value')), 3, 'it plays')
        self.assertIn("--app '<b>door<b>'", self.text('#labels pre'))
        self.assertEqual(self.all('#labels b'), [])
        last = recording['frames'] - 1
        marks = self.node.get(f'recordings/{recording["id"]}/marks')
        self.assertEqual(marks['apps'], {'<b>door<b>': [[5, 12], [last - 1, last]]})
        with urllib.request.urlopen(f'{self.node.address}api/v1/recordings/{recording["id"]}/labels.csv') as answer:
            lines = answer.read().decode().splitlines()
        self.assertEqual(lines[0], 'frame,<b>door<b>')
        self.assertEqual([i for i, line in enumerate(lines[1:]) if line.endswith(',1')], [*range(5, 13), last - 1, last])
        count = 3 if self.train(recording['id']) else 2
        self.script('scrollTo(0, 0)')
        self.picture('labels')
        self.driver.refresh()
        self.wait('.recordings .open').click()
        self.until(lambda: len(self.all('.marks li')) == count, 'the marks after a reload')
        self.until(lambda: self.script('return [...document.querySelectorAll(".doubts img")].every((one) => one.naturalWidth)'),
                   'no picture is on its way')
        self.script('scrollTo(0, 0)')
        self.wait('.recordings .remove').click()
        self.driver.switch_to.alert.accept()
        self.until(lambda: 'Nothing is recorded yet.' in self.text('#labels'), 'the empty list')
        self.assertEqual(self.faults(), [])


class Hostile(DashboardCase):
    """Names that are markup stay text in all views."""
    arguments = ('hostile',)

    def test_names_stay_text(self):
        self.node.tell('event')
        for view, selector in (('live', '.tile'), ('plan', '.tree .leaf'), ('events', '#events .event'),
                               ('health', '#health canvas')):
            self.go(view)
            self.wait(selector)
            time.sleep(1)
            self.assertIn('onerror=document.body.remove()>', self.text(f'#{view}-view'), view)
            self.assertEqual(self.all(f'#{view}-view b, #{view}-view script, img[src=x]'), [])
        self.driver.find_element(By.CSS_SELECTOR, 'a[href="#events"]').click()
        self.wait('.filters button').click()
        self.assertIn('onerror', self.wait('#missed-app').text)
        self.picture('hostile')
        self.assertEqual(self.faults(), [])


class WithTokens(DashboardCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        tokens = os.path.join(cls.folder.name, 'tokens')
        with open(tokens, 'w') as file:
            for token, role in (('look', 'viewer'), ('judge', 'operator'), ('guard', 'operator guard on yard')):
                name = '' if ' ' in role else f' {role}'
                file.write(f'{hashlib.sha256(token.encode()).hexdigest()} {role}{name}\n')
        os.chmod(tokens, 0o600)
        cls.arguments = ('plain', tokens)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.folder.cleanup()

    def tearDown(self):
        self.script('sessionStorage.clear()')  # of this node's page

    def record_as(self, token):
        wanted = urllib.request.Request(f'{self.node.address}api/v1/recordings', method='POST',
                                        data=b'{"stream": "gate", "seconds": 1}',
                                        headers={'Authorization': f'Bearer {token}', 'Content-Type': 'application/json'})
        urllib.request.urlopen(wanted).close()
        time.sleep(2)

    def enter(self, token):
        self.wait('#token').send_keys(token, Keys.ENTER)

    def test_asks_for_a_token(self):
        self.go('live')
        self.wait('#token-dialog[open]')
        self.picture('token')
        self.enter('guess')
        self.until(lambda: 'does not know this token' in self.text('#token-fault'), 'a wrong token')
        self.enter('look')
        self.wait('.tile')
        self.until(lambda: self.script('return document.querySelector(".tile img").naturalWidth') > 0, 'a picture')
        event = self.node.tell('event')
        self.wait(f'#latest [data-id="{event}"]')
        self.script('location.hash = "#events"')
        self.point_and_click(self.wait(f'#events [data-id="{event}"] .verdict.true'))
        self.until(lambda: 'needs the role operator' in self.text('#events .fault'), 'a viewer cannot judge')
        self.driver.refresh()
        self.wait(f'#events [data-id="{event}"]')  # the token is kept
        self.record_as('judge')
        self.script('location.hash = "#labels"')
        self.wait('.recordings .remove').click()
        self.driver.switch_to.alert.accept()
        self.until(lambda: 'needs the role operator' in self.text('#labels .fault'), 'a viewer cannot remove')
        time.sleep(1.5)
        self.assertIn('needs the role operator', self.text('#labels .fault'), 'it can be read')
        self.script('location.hash = "#events"')
        self.script('sessionStorage.setItem("mainstream-token", "judge")')
        self.driver.refresh()
        button = self.wait(f'#events [data-id="{event}"] .verdict.true')
        button.click()
        self.until(lambda: button.get_attribute('aria-pressed') == 'true', 'the verdict')


    def test_a_token_of_some_streams(self):
        event = self.node.tell('event')  # of gate
        self.driver.get(self.node.address + 'dashboard/icon.svg')  # asks for nothing, so no request fails
        self.script('sessionStorage.setItem("mainstream-token", "guard")')
        self.faults()
        self.go('live')
        self.wait('.tile')
        self.assertEqual([tile.text for tile in self.all('.tile h3')], ['yard'])
        self.picture('streams-live')
        for view, selector in (('plan', '#plan .card'), ('events', '#events .filters'), ('health', '#health canvas'),
                               ('labels', '#labels select')):
            self.script(f'location.hash = "#{view}"')
            self.wait(selector)
            time.sleep(1.2)
            text = self.text(f'#{view}-view')
            for word in ('gate', 'roof', 'crossing', 'sky'):
                self.assertNotIn(word, text, view)
            self.picture(f'streams-{view}')
        self.assertEqual(self.all(f'[data-id="{event}"]'), [])
        self.script('location.hash = "#plan"')
        self.until(lambda: 'limited to some streams' in self.text('#plan'), 'why there is no budget')
        self.assertNotIn('What if the budget', self.text('#plan'))
        self.assertIn('near the road', self.text('#plan .tree'))
        self.assertEqual(self.faults(), [])


class Light(DashboardCase):
    def test_pictures(self):
        for _ in range(3):
            self.node.tell('event')
        self.node.tell('begin')
        self.picture_all('light')


class Dark(Light):
    dark = True

    def test_pictures(self):
        self.node.tell('event')
        self.picture_all('dark')


class Phone(DashboardCase):
    width, height = 360, 760

    def test_pictures(self):
        self.node.tell('event')
        self.picture_all('phone')
        small = self.script("""return [...document.querySelectorAll('nav a, button, select')]
            .filter((control) => control.offsetParent && control.offsetHeight < 24).map((control) => control.textContent)""")
        self.assertEqual(small, [])


if __name__ == '__main__':
    unittest.main(verbosity=2)
