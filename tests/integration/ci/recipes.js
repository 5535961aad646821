// Code blocks of docs/ci.md.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../pages/program.js';

/// Code block of a language in a section.
export function documented(heading, language) {
  const page = readFileSync(join(root, 'docs/ci.md'), 'utf8');
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  const block = section?.match(new RegExp('^```' + language + '\\n(.*?)^```$', 'ms'));
  assert.ok(block, `no ${language} in ${heading}`);
  return block[1];
}
