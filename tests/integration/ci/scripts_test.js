// Scripts of a release: version, changelog's section and bill of materials of a package; the health check of the image.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { root, temporaryFolder } from '../../pages/program.js';

const outcome = ({ status, stdout, stderr }) => ({ status, stdout, stderr });
const script = (name, args, env = {}) =>
  spawnSync(join(root, 'scripts', name), args, { encoding: 'utf8', env: { ...process.env, ...env } });

describe('release-notes', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'CHANGELOG.md');
  writeFileSync(file, '# Changelog\n\n## 0.2.0 (2026-12-01)\n\n### Added\n\n* A.\n\n## 0.1.0\n\n* B.\n\n## 0.0.1\n');

  test('prints the section of a version, also as its tag names it', () => {
    assert.equal(script('release-notes', ['v0.2.0', file]).stdout, '### Added\n\n* A.\n');
    assert.equal(script('release-notes', ['0.1.0', file]).stdout, '* B.\n');
  });

  test('says that there is none', () => {
    for (const version of ['0.3.0', '0.0.1', '0.1', 'Changelog']) {
      const { status, stdout, stderr } = script('release-notes', [version, file]);
      assert.equal(status, 1);
      assert.equal(stdout, '');
      assert.ok(stderr.startsWith(`${file}: no section '## ${version}', or nothing in it; `), stderr);
    }
    assert.deepEqual(outcome(script('release-notes', ['0.1.0', folder])), { status: 2, stdout: '', stderr: `${folder}: cannot be read\n` });
  });
});

describe('version of a package', () => {
  const folder = temporaryFolder();
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@host.test'];
  const env = { ...process.env, GIT_COMMITTER_DATE: '2026-11-30T23:30:00Z' };
  const git = (...args) => execFileSync('git', [...identity, ...args], { cwd: folder, env });
  git('init', '--quiet');
  writeFileSync(join(folder, 'CMakeLists.txt'), 'project(loadsim VERSION 0.4.0 LANGUAGES CXX)\n');
  git('add', '.');
  git('commit', '--quiet', '--message', 'first');
  const functionText = readFileSync(join(root, 'scripts/package'), 'utf8').match(/^version_of_commit\(\) \{\n.*?^\}$/ms)[0];
  const version = () =>
    outcome(spawnSync('bash', ['-c', `say() { echo "$*" >&2; }\n${functionText}\nversion_of_commit`], { cwd: folder, encoding: 'utf8' }));
  const tagged = (tag) => {
    git('tag', tag);
    const result = version();
    git('tag', '--delete', tag);
    return result;
  };

  test('is that of the tag, or the date and hash of the commit', () => {
    assert.match(version().stdout, /^0\.4\.0~git20261130\.[0-9a-f]{9}\n$/);
    assert.equal(tagged('v0.3.0').stdout, '0.3.0\n');
    assert.equal(tagged('v0.3.0-rc1').stdout, '0.3.0~rc1\n');
    assert.match(tagged('release').stdout, /^0\.4\.0~git/);
  });

  test('after a tag it has the number of commits', () => {
    git('tag', 'v0.3.0-rc1');
    git('commit', '--quiet', '--allow-empty', '--message', 'second');
    assert.match(version().stdout, /^0\.3\.0~rc1\+1\.g[0-9a-f]{9}\n$/);
    git('tag', '--delete', 'v0.3.0-rc1');
  });

  test('a tag that is no version ends it', () => {
    for (const tag of ['v1/a', 'v0.3.0_a', 'v0.3.0;a'])
      assert.deepEqual(tagged(tag), {
        status: 1,
        stdout: '',
        stderr: `the tag of ${tag} makes no version of a package; name tags as v0.3.0 or v0.3.0-rc1\n`,
      });
  });
});

describe('sbom', () => {
  const schemas = new URL('node_modules/@cyclonedx/cyclonedx-library/res/schema/', import.meta.url);
  const schema = (name) => JSON.parse(readFileSync(new URL(name, schemas), 'utf8'));
  const validator = new Ajv({ strict: false, allErrors: true });
  addFormats(validator);
  for (const format of ['iri-reference', 'idn-email']) validator.addFormat(format, true);
  for (const name of ['spdx.SNAPSHOT.schema.json', 'jsf-0.82.SNAPSHOT.schema.json'])
    validator.addSchema(schema(name), `http://cyclonedx.org/schema/${name}`);
  const valid = validator.compile(schema('bom-1.6.SNAPSHOT.schema.json'));

  /// A package without content.
  function packageWith(depends) {
    const folder = temporaryFolder();
    const file = join(folder, 'loadsim_0.2.0~rc1+2_amd64.deb');
    mkdirSync(join(folder, 'content/DEBIAN'), { recursive: true });
    const control = 'Package: loadsim\nVersion: 0.2.0~rc1+2\nArchitecture: amd64\nMaintainer: m <m@host.test>\nDescription: d\n';
    writeFileSync(join(folder, 'content/DEBIAN/control'), control + depends);
    execFileSync('dpkg-deb', ['--root-owner-group', '-b', join(folder, 'content'), file], { stdio: 'ignore' });
    return file;
  }
  const dated = { SOURCE_DATE_EPOCH: '1780000000' };

  test('lists what the package depends on, directly or not, with the installed versions', () => {
    const file = packageWith('Pre-Depends: libc6\nDepends: libstdc++6 (>= 12), no-such-package | zlib1g\n');
    const { status, stdout, stderr } = script('sbom', [file], dated);
    assert.equal(status, 0, stderr);
    assert.equal(script('sbom', [file], dated).stdout, stdout, 'the same text');
    const bom = JSON.parse(stdout);
    assert.ok(valid(bom), JSON.stringify(valid.errors));
    const { component, timestamp } = bom.metadata;
    assert.equal(timestamp, '2026-05-28T20:26:40Z');
    assert.equal(component.version, '0.2.0~rc1+2');
    assert.match(component.purl, /^pkg:deb\/\w+\/loadsim@0\.2\.0~rc1%2B2\?arch=amd64&distro=/);
    assert.equal(component.hashes[0].content, createHash('sha256').update(readFileSync(file)).digest('hex'));

    const names = bom.components.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)].sort());
    for (const name of ['libc6', 'libgcc-s1', 'libstdc++6', 'zlib1g']) assert.ok(names.includes(name), name);
    const version = (name) => execFileSync('dpkg-query', ['-W', '-f', '${Version}', name], { encoding: 'utf8' });
    for (const { name, version: listed } of bom.components) assert.equal(listed, version(name), name);
    assert.match(bom.components.find(({ name }) => name === 'libstdc++6').purl, /\/libstdc%2B%2B6@/);

    const references = new Map(bom.components.map((each) => [each['bom-ref'], each.name]));
    const edges = new Map(
      bom.dependencies.map(({ ref, dependsOn }) => [references.get(ref) ?? ref, dependsOn.map((to) => references.get(to))]),
    );
    assert.deepEqual(edges.get(component['bom-ref']), ['libc6', 'libstdc++6', 'zlib1g']);
    assert.ok(edges.get('libstdc++6').includes('libgcc-s1'));
    assert.ok([...edges.values()].flat().every(Boolean), 'only what is listed');
  });

  test('a package without dependencies has none', () => {
    const bom = JSON.parse(script('sbom', [packageWith('')], dated).stdout);
    assert.ok(valid(bom), JSON.stringify(valid.errors));
    assert.deepEqual(bom.components, []);
  });

  test('a dependency that is not installed, and no package, end it', () => {
    const file = packageWith('Depends: no-such-package\n');
    const { status, stdout, stderr } = script('sbom', [file]);
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.equal(stderr, `sbom: no-such-package, on which loadsim depends, is not installed: install ${file} first\n`);
    assert.equal(script('sbom', ['none.deb']).status, 2);
    const text = join(temporaryFolder(), '-o text');
    writeFileSync(text, 'text');
    assert.deepEqual(outcome(script('sbom', [text])), { status: 2, stdout: '', stderr: `sbom: ${text} is no Debian package\n` });
  });
});

test('health is what the URL answers; without a URL a running container is healthy', async () => {
  const server = createServer((request, response) => response.writeHead(request.url === '/health' ? 200 : 503).end());
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const health = (url) =>
    new Promise((done) => {
      const env = { ...process.env, LOADSIM_HEALTH: url };
      execFile(join(root, 'deploy/health'), { env }, (error, _, err) => done({ code: error ? error.code : 0, err }));
    });
  assert.equal((await health('')).code, 0);
  assert.equal((await health(`${origin}/health`)).code, 0);
  assert.deepEqual(await health(`${origin}/other`), { code: 1, err: `${origin}/other answers with 503\n` });
  server.close();
  assert.equal((await health(`${origin}/health`)).code, 1, 'nobody listens');

  const replies = { '/none': '', '/short': 'HTTP/1.1 200\r\n\r\n' };
  const bare = createTcpServer((socket) => {
    let request = '';
    socket.on('error', () => {}); // the check closes the connection after the first line
    socket.on('data', (part) => {
      request += part;
      if (request.endsWith('\r\n\r\n')) socket.end(replies[request.split(' ')[1]]);
    });
  });
  await new Promise((done) => bare.listen(0, '127.0.0.1', done));
  const bareOrigin = `http://127.0.0.1:${bare.address().port}`;
  assert.deepEqual(await health(`${bareOrigin}/none`), { code: 1, err: `${bareOrigin}/none answers with nothing\n` });
  assert.equal((await health(`${bareOrigin}/short`)).code, 0, 'a status line without a reason');
  bare.close();
  assert.deepEqual(await health('8080'), { code: 1, err: 'LOADSIM_HEALTH=8080: needs the form http://HOST:PORT/PATH\n' });
});
