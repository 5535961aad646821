// The steps of action.yml and the job of the GitLab template, run as a runner does, with the program under test in place of the one
// that they install.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { program, root, temporaryFolder } from '../../pages/program.js';

const action = parse(readFileSync(join(root, 'action.yml'), 'utf8'));
const [installStep, runStep, checkStep] = action.runs.steps;

const scenario = (budgets, phases = '{duration: 1s, arrivalRate: 20}', vehicles = 50, lagLimit = '2s') => `name: smoke
seed: 1
target: {embedded: {services: {horn: {pending: 1s, running: 1s}}}}
fleet: {vehicles: ${vehicles}, connectRate: 2000, segments: [{name: healthy, share: 100%, behaviour: success}]}
load: {services: {horn: 1}, phases: [${phases}], drain: 5s, lagLimit: ${lagLimit}}
budgets: [${budgets}]
`;
const passing = scenario('unexpected == 0');
const missing = scenario('outcomes.executed == 1');
const withoutData = scenario('expiry.max < 10s');
/// More requests than the generator can begin in the time that its lag may be, each with a vehicle of its own.
const invalid = scenario('unexpected == 0', '{duration: 1ms, arrivalCount: 1000}', 2000, '1ms');

/// Value of an expression of action.yml: alternatives of inputs, contexts and outputs.
function evaluated(text, contexts) {
  return text.replaceAll(/\$\{\{ (.*?) \}\}/g, (_, expression) => {
    for (const name of expression.split(' || ')) {
      const value = name.split('.').reduce((at, key) => at?.[key], contexts);
      if (value) return value;
    }
    return '';
  });
}

/// Folder of a job: a fake apt-get, which records its arguments, and the program in the path.
class Job {
  folder = temporaryFolder();
  constructor({ apt = 'exit 0', curl = 'exit 22' } = {}) {
    mkdirSync(join(this.folder, 'bin'));
    symlinkSync(program, join(this.folder, 'bin/loadsim'));
    this.command('apt-get', `echo "$*" >> '${this.path('apt')}'\n${apt}`);
    this.command('curl', `echo "$*" >> '${this.path('curl')}'\n${curl}`);
    this.command('sudo', 'exec "$@"');
  }
  path(name) {
    return join(this.folder, name);
  }
  command(name, script) {
    writeFileSync(this.path(`bin/${name}`), `#!/bin/bash\n${script}\n`);
    chmodSync(this.path(`bin/${name}`), 0o755);
  }
  write(name, content) {
    writeFileSync(this.path(name), content);
    return this.path(name);
  }
  read(name) {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), 'utf8') : '';
  }
  /// Exit code and output of a shell that runs a script as a file.
  shell(command, script, environment) {
    const file = this.write('step.sh', script);
    const path = `${this.path('bin')}:${process.env.PATH}`;
    const env = { ...process.env, PATH: path, GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '', ...environment };
    return new Promise((done) => {
      execFile(command[0], [...command.slice(1), file], { cwd: this.folder, env, timeout: 60_000 }, (error, out, err) => {
        done({ code: error ? error.code : 0, out, err });
      });
    });
  }
  /// A step of action.yml with inputs of a workflow.
  step(step, inputs, environment = {}) {
    const defaults = Object.fromEntries(Object.entries(action.inputs).map(([name, input]) => [name, input.default]));
    const contexts = {
      inputs: { ...defaults, ...inputs },
      github: { action_ref: 'v0.2.0', action_repository: 'owner/loadsim', server_url: 'https://github.com' },
    };
    const env = Object.fromEntries(Object.entries(step.env).map(([name, text]) => [name, evaluated(text, contexts)]));
    return this.shell(['bash', '--noprofile', '--norc', '-eo', 'pipefail'], step.run, {
      GITHUB_ACTION_PATH: root,
      GITHUB_WORKSPACE: this.folder,
      GITHUB_OUTPUT: this.path('outputs'),
      GITHUB_STEP_SUMMARY: this.path('step_summary'),
      GITHUB_ACTIONS: 'true',
      GITHUB_SHA: '4f3c2a1',
      GITHUB_REF_NAME: 'feature/a b',
      ...env,
      ...environment,
    });
  }
  outputs() {
    return Object.fromEntries(this.read('outputs').trim().split('\n').map((line) => line.split('=')));
  }
  /// What the step with the check would create.
  async check() {
    const { conclusion, verdict, report } = this.outputs();
    const environment = {
      LOADSIM_CHECK: 'load test',
      LOADSIM_CONCLUSION: conclusion,
      LOADSIM_VERDICT: verdict,
      LOADSIM_REPORT: report,
    };
    assert.deepEqual(Object.keys(environment), Object.keys(checkStep.env));
    const script = `const github = {rest: {checks: {create: async (check) => console.log(JSON.stringify(check))}}};
const context = {repo: {owner: 'o', repo: 'r'}, sha: 'abc', payload: {}};
(async () => {\n${checkStep.with.script}\n})();`;
    const { code, out, err } = await this.shell(['node'], script, environment);
    assert.equal(code, 0, err);
    return JSON.parse(out);
  }
}

describe('the step that runs', { concurrency: 4 }, () => {
  const rows = [
    { name: 'pass', scenario: passing, code: 0, exit: '0', verdict: 'pass', conclusion: 'success' },
    {
      name: 'missed budget',
      scenario: missing,
      code: 99,
      exit: '99',
      verdict: 'fail',
      conclusion: 'failure',
      annotation: '::error file=smoke.yaml,line=6,title=loadsim%3A budget missed::',
    },
    {
      name: 'no data',
      scenario: withoutData,
      code: 0,
      exit: '5',
      verdict: 'no data',
      conclusion: 'action_required',
      annotation: '::warning file=smoke.yaml,line=6,title=loadsim%3A budget not decided::',
    },
    {
      name: 'invalid run',
      scenario: invalid,
      code: 0,
      exit: '4',
      verdict: 'invalid',
      conclusion: 'neutral',
      annotation: '::warning title=loadsim%3A run invalid::',
    },
    { name: 'wrong scenario', scenario: 'name: [', code: 2, exit: '2', verdict: 'error', conclusion: 'failure' },
  ];
  for (const row of rows)
    test(row.name, async () => {
      const job = new Job();
      job.write('smoke.yaml', row.scenario);
      const { code, out, err } = await job.step(runStep, { scenario: 'smoke.yaml' });
      assert.equal(code, row.code, out + err);
      assert.deepEqual(job.outputs(), { verdict: row.verdict, 'exit-code': row.exit, conclusion: row.conclusion, report: 'out' });
      if (row.annotation) assert.ok(err.includes(row.annotation), err);
      else assert.doesNotMatch(err, /::(warning|error)/);
      const summary = job.read('out/summary.md');
      assert.equal(job.read('step_summary'), summary);
      assert.equal(summary !== '', row.verdict !== 'error');
      if (summary) assert.match(job.read('out/junit.xml'), /name="label.branch" value="feature\/a b"/);
      const check = await job.check();
      assert.equal(check.conclusion, row.conclusion);
      assert.equal(check.head_sha, 'abc');
      assert.equal(check.output.summary, summary || 'No report was written.');
    });

  test('takes arguments line by line, and none of them is a command', async () => {
    const job = new Job();
    const file = "sm$(touch stolen) o'ke.yaml";
    job.write(file, passing);
    const args = '\n  --set=fleet.vehicles=20\n\n  --label=note=a b; touch stolen\n';
    const { code, err } = await job.step(runStep, { scenario: file, args, report: 'reports of "a"' });
    assert.equal(code, 0, err);
    const summary = JSON.parse(job.read('reports of "a"/summary.json'));
    assert.equal(summary.labels.note, 'a b; touch stolen');
    assert.equal(summary.sessions.planned, 20);
    assert.equal(existsSync(job.path('stolen')), false);
  });

  test('runs a suite', async () => {
    const job = new Job();
    job.write('1.yaml', passing);
    job.write('2.yaml', missing);
    const { code } = await job.step(runStep, { command: 'suite', scenario: '1.yaml\n2.yaml' });
    assert.equal(code, 99);
    assert.equal((await job.check()).output.summary, 'The report folder has the table of the suite: index.html.');
  });

  test('refuses another command, no scenario and no report folder', async () => {
    const job = new Job();
    for (const [inputs, sentence] of [
      [{ command: 'shell', scenario: 'a.yaml' }, 'command: needs run, rehearse or suite'],
      [{ scenario: '\n' }, 'scenario: needs a file'],
      [{ scenario: 'a.yaml', report: 'a\nb=c' }, 'report: needs the name of a folder'],
    ]) {
      const { code, out } = await job.step(runStep, inputs);
      assert.equal(code, 2);
      assert.equal(out, `::error title=loadsim::${sentence}\n`);
      assert.equal(job.read('outputs'), '');
    }
  });

  test('prints no secret', async () => {
    const job = new Job();
    job.write('smoke.yaml', passing.replace('target: {embedded: {', 'target: {embedded: {password: "${PLATFORM_PASSWORD}", '));
    const { code, out, err } = await job.step(runStep, { scenario: 'smoke.yaml' }, { PLATFORM_PASSWORD: 'sesame-4711' });
    assert.equal(code, 0, err);
    assert.doesNotMatch(out + err + job.read('step_summary') + job.read('outputs'), /sesame-4711/);
  });
});

describe('the step that installs', () => {
  const checksum = (text) => createHash('sha256').update(text).digest('hex');
  const debian = (job, id, version) => ({ LOADSIM_OS_RELEASE: job.write('os-release', `ID=${id}\nVERSION_ID="${version}"\n`) });
  /// A curl that serves a release: the checksums that are given, and one package.
  const release = (sums) => `url=\${!#} file=
while (($#)); do if [[ $1 == --output ]]; then file=$2; fi; shift; done
case $url in */SHA256SUMS) printf '%s' '${sums}' ;; *.deb) printf package ;; *) exit 22 ;; esac > "$file"`;

  for (const [version, inputs] of [['0.2.0', {}], ['0.3.0-rc1', { version: '0.3.0-rc1' }]])
    test(`the package of release ${version}, for the Debian of the job; without an input that of its own tag`, async () => {
      const name = `loadsim_${version}_debian13_amd64.deb`;
      const job = new Job({ curl: release(`${checksum('package')}  ${name}\n`) });
      job.command('dpkg', 'echo amd64');
      const { code, out, err } = await job.step(installStep, inputs, debian(job, 'debian', '13'));
      assert.equal(code, 0, out + err);
      assert.match(out, /^loadsim \d/);
      const urls = job.read('curl').match(/https:\S+/g);
      const folder = `https://github.com/owner/loadsim/releases/download/v${version}`;
      assert.deepEqual(urls, [`${folder}/SHA256SUMS`, `${folder}/${name}`]);
      assert.match(job.read('apt'), new RegExp(`^update\\ninstall -y --no-install-recommends /\\S+/${name} mosquitto\\n$`));
    });

  test('a package that the checkout has', async () => {
    const job = new Job();
    mkdirSync(job.path('dist'));
    job.write('dist/loadsim_0.2.0_amd64.deb', 'package');
    const { code, out } = await job.step(installStep, { package: 'dist/loadsim_*.deb', sha256: checksum('package').toUpperCase() });
    assert.equal(code, 0, out);
    assert.match(job.read('apt'), /dist\/loadsim_0\.2\.0_amd64\.deb mosquitto\n$/);
    assert.equal(job.read('curl'), '');
  });

  test('a package whose name has a bracket, and no other one that the name matches as a pattern', async () => {
    const job = new Job();
    for (const name of ['a[1].deb', 'a1.deb']) job.write(name, 'package');
    const { code, out } = await job.step(installStep, { package: 'a[1].deb' });
    assert.equal(code, 0, out);
    assert.match(job.read('apt'), /\/a\[1\]\.deb mosquitto\n$/);
  });

  const rows = [
    {
      name: 'no such package',
      inputs: { package: 'dist/*.deb' },
      sentence: /^package dist\/\*\.deb: 0 files match; it must be one/,
    },
    {
      name: 'another checksum',
      files: ['a.deb'],
      inputs: { package: 'a.deb', sha256: 'ab' },
      sentence: /^package a\.deb: its SHA-256 is \w{64} instead of ab/,
    },
    { name: 'a folder', inputs: { package: '/tmp' }, sentence: /^package \/tmp: is no file$/ },
    {
      name: 'a URL that cannot be downloaded, without its secrets',
      inputs: { package: 'https://user:sesame@host/a.deb?token=sesame' },
      sentence: /^https:\/\/host\/a\.deb could not be downloaded$/,
    },
    { name: 'a URL without TLS', inputs: { package: 'http://host/a.deb' }, sentence: /needs a path or an https URL/ },
    {
      name: 'no release',
      inputs: { version: 'main' },
      sentence: /^'main' is no release of loadsim: use the action by a tag/,
    },
    {
      name: 'another distribution',
      system: ['ubuntu', '24.04'],
      sentence: /^there is no package of loadsim for 'ubuntu24': run the job with `container: debian:12`/,
    },
    {
      name: 'a release that is not there',
      system: ['debian', '12'],
      sentence: /releases\/download\/v0\.2\.0\/SHA256SUMS could not be downloaded/,
    },
    {
      name: 'a release without checksum',
      system: ['debian', '12'],
      curl: release('0  other.deb\n'),
      sentence: /SHA256SUMS does not name loadsim_0\.2\.0_debian12_/,
    },
    {
      name: 'a package of another Debian',
      files: ['a.deb'],
      apt: '[[ $1 == update ]]',
      inputs: { package: 'a.deb' },
      system: ['debian', '11'],
      sentence: /^apt could not install a\.deb on debian11: a package is for the Debian/,
    },
  ];
  for (const { name, inputs = {}, files = [], system = ['debian', '12'], sentence, ...commands } of rows)
    test(`says what is wrong: ${name}`, async () => {
      const job = new Job(commands);
      for (const file of files) job.write(file, 'package');
      const { code, out } = await job.step(installStep, inputs, debian(job, ...system));
      assert.equal(code, 3, out);
      const [, text] = out.match(/^::error title=loadsim::(.*)$/m);
      assert.match(text, sentence);
    });
});

describe('the GitLab template', () => {
  const template = parse(readFileSync(join(root, 'deploy/gitlab/loadsim.gitlab-ci.yml'), 'utf8'))['.loadsim'];
  const variables = (more) => ({ ...template.variables, CI_COMMIT_SHA: '4f3c2a1', CI_COMMIT_REF_NAME: 'main', ...more });
  const shell = ['sh', '-e'];

  test('installs a package that the checkout has, once its checksum fits', async () => {
    const job = new Job();
    job.write('a.deb', 'package');
    const script = template.before_script.join('\n').replaceAll('/tmp/loadsim.deb', job.path('loadsim.deb'));
    const sum = createHash('sha256').update('package').digest('hex');
    const right = await job.shell(shell, script, variables({ LOADSIM_PACKAGE: 'a.deb', LOADSIM_SHA256: sum }));
    assert.equal(right.code, 0, right.err);
    assert.ok(job.read('apt').endsWith(`${basename(job.folder)}/loadsim.deb mosquitto\n`));
    rmSync(job.path('apt'));
    const wrong = await job.shell(shell, script, variables({ LOADSIM_PACKAGE: 'a.deb', LOADSIM_SHA256: sum.replace(/./g, '0') }));
    assert.equal(wrong.code, 3);
    assert.match(wrong.err, /^LOADSIM_SHA256=0{64}: the package has another checksum$/m);
    assert.doesNotMatch(job.read('apt'), /install/);
    job.command('apt-get', '[ "$1" = update ]');
    const refused = await job.shell(shell, script, variables({ LOADSIM_PACKAGE: 'a.deb' }));
    assert.equal(refused.code, 3);
    assert.match(refused.err, /^the package could not be installed: it is for the Debian and the architecture/m);
    const absent = await job.shell(shell, script, variables({ LOADSIM_PACKAGE: 'b.deb' }));
    assert.equal(absent.code, 3);
    assert.equal(absent.err, 'LOADSIM_PACKAGE=b.deb: no such file; it needs a path, or an https URL\n');
  });

  test('runs the scenario, and lets no data and an invalid run pass with a warning', async () => {
    assert.deepEqual(template.allow_failure.exit_codes, [4, 5]);
    const job = new Job();
    const script = template.script.join('\n');
    const args = '--set=fleet.vehicles=20\n--label=note=a b; touch stolen\n';
    for (const [content, code] of [[missing, 99], [withoutData, 5], [passing, 0]]) {
      job.write('smoke.yaml', content);
      const run = await job.shell(shell, script, variables({ LOADSIM_SCENARIO: 'smoke.yaml', LOADSIM_ARGS: args }));
      assert.equal(run.code, code, run.err);
      assert.match(job.read(template.artifacts.reports.junit), /name="label.note" value="a b; touch stolen"/);
    }
    assert.equal(existsSync(job.path('stolen')), false);
  });
});
