import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { createProgressView } from './progress-view.ts'
import type { Shell } from './shell.ts'

test('on a terminal the bar is painted over and lines go above it', () => {
  const { shell, written } = shellWith({ isTTY: true, columns: 40 }, { TERM: 'xterm', LANG: 'C', NO_COLOR: '1' })
  const view = createProgressView(shell, { mode: 'shown' })
  view.show({ label: 'running', percent: 50, facts: [] })
  view.print(['a \x1b[31mline'])
  view.clear()
  const bar = 'running     [########---------]   50.0%'
  expect(written()).toBe(`\r\x1b[2K${bar}\r\x1b[2Ka line\n${bar}\r\x1b[2K`)
})

test('elsewhere there is a line for each change of state, and numbers at most once a second', () => {
  const { shell, written } = shellWith({}, {})
  const view = createProgressView(shell, { mode: 'shown' })
  view.show({ label: 'probing', percent: null, facts: [] })
  view.show({ label: 'running', percent: 1, facts: [] })
  view.show({ label: 'running', percent: 2, facts: [] })
  view.show({ label: 'running', percent: 3, facts: [] })
  view.show({ label: 'completed', percent: 100, facts: [] })
  view.clear()
  expect(written()).toBe('probing\nrunning  1.0%\ncompleted  100.0%\n')
})

test('a dumb terminal is none', () => {
  const { shell, written } = shellWith({ isTTY: true }, { TERM: 'dumb' })
  createProgressView(shell, { mode: 'shown' }).show({ label: 'running', percent: 1, facts: [] })
  expect(written()).toBe('running  1.0%\n')
})

test('silent is silent', () => {
  const { shell, written } = shellWith({ isTTY: true }, {})
  const view = createProgressView(shell, { mode: 'silent' })
  view.show({ label: 'running', percent: 1, facts: [] })
  view.print(['x'])
  expect(written()).toBe('')
})

function shellWith(sink: { readonly isTTY?: boolean; readonly columns?: number }, env: Shell['env']) {
  const stderr = Object.assign(new PassThrough(), sink)
  const [stdin, stdout] = [new PassThrough(), new PassThrough()]
  const shell: Shell = { env, stdin, stdout, stderr, version: '0', onInterrupt: () => () => undefined }
  return { shell, written: () => String(stderr.read() ?? '') }
}
