import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { bundleLua } from './lua-bundle.ts'

function run(modules: Readonly<Record<string, string>>): { out: string; error: string } {
  const program = bundleLua(new Map(Object.entries(modules)), { header: "local WORD = 'hi'", start: "return require('main')(WORD)" })
  const { stdout, stderr } = spawnSync('luajit', ['-'], { input: program, encoding: 'utf8' })
  return { out: stdout, error: stderr.split('\n')[0]! }
}

test('modules find each other whatever their order, and each is run once', () => {
  const main = "local require = ...\nrequire('a/b')\nlocal b = require('a/b')\nreturn function(word) print(word, b.name) end"
  expect(run({ main, 'a/b': "print('run')\nreturn { name = 'b' }" }).out).toBe('run\nhi\tb\n')
})

test('what is no module of the bundle is left to the computer’s own require', () => {
  expect(run({ main: "local require = ...\nreturn function() print(require('string') == string) end" }).out).toBe('true\n')
})

test.each(["print([[a]])", "print([==[a]==], ']=]')", 'print(1) --]', 'print(2) --]='])('a module keeps its brackets: %s', (text) => {
  const { stdout } = spawnSync('luajit', ['-'], { input: text, encoding: 'utf8' })
  expect(run({ main: `return function()\n${text}\nend` }).out).toBe(stdout)
  expect(run({ main: 'return function() end', last: text })).toEqual({ out: '', error: '' })
})

test.each([
  ['does not compile', 'return {}\n\nlocal = 1', /screens\/gpu\.lua:3: /],
  ['fails', "\nerror('no light')", /screens\/gpu\.lua:2: no light/],
])('a module that %s is told with its file and line', (_, text, told) => {
  expect(run({ main: "local require = ...\nrequire('screens/gpu')", 'screens/gpu': text }).error).toMatch(told)
})
