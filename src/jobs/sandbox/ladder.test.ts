import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readOutput } from '../run-command.ts'
import { findSandbox } from './ladder.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reeltime-ladder-'))
})
afterAll(() => rm(directory, { recursive: true }))

/** A PATH on which bwrap is a script. */
async function withBwrap(script: string): Promise<string> {
  const path = await mkdtemp(join(directory, 'path-'))
  await writeFile(join(path, 'bwrap'), `#!/bin/sh\n${script}\n`)
  await chmod(join(path, 'bwrap'), 0o755)
  return path
}

const refusing = (words: string) => withBwrap(`echo "bwrap: ${words}" >&2; exit 1`)

test('without bubblewrap programs are restricted, and the operator is told how to get it', async () => {
  expect(await findSandbox({ pathVariable: directory })).toMatchObject({
    wall: 'restricted', network: 'open', filesystem: 'open', seccomp: false, reason: expect.stringContaining('apt-get install bubblewrap'),
    limits: ['core', 'fsize', 'nofile', 'cpu', 'memory'],
  })
})

test.each([
  ['No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces', /unprivileged_userns_clone/],
  ['Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)', /max_user_namespaces/],
  ['cannot open /proc/sys/user/max_user_namespaces: Read-only file system', /ruled out/],
  ['setting up uid map: Permission denied', /AppArmor/],
  ['loopback: Failed RTM_NEWADDR: Operation not permitted', /AppArmor/],
  ['Something that nobody has heard of', /does not work here: bwrap: Something that nobody has heard of/],
])('a bwrap that says "%s" leads to less, with the reason', async (words, reason) => {
  expect(await findSandbox({ pathVariable: await refusing(words) })).toMatchObject({ wall: 'restricted', reason: expect.stringMatching(reason) })
})

test.each([
  ['--disable-userns', 'cannot open /proc/sys/user/max_user_namespaces: Read-only file system'],
  ['--proc', "Can't mount proc on /newroot/proc: Operation not permitted"],
])('where %s is not to be had the wall stands without it, and says so', async (option, words) => {
  const bwrap = await withBwrap(`case "$*" in *${option}*) echo "bwrap: ${words}" >&2; exit 1 ;; esac; exit 0`)
  expect(await findSandbox({ pathVariable: bwrap })).toMatchObject({ wall: 'bubblewrap', reason: expect.stringContaining(`without ${option}`) })
})

test('where a wall is required less is refused, with what is missing', async () => {
  await expect(findSandbox({ mode: 'require', pathVariable: await refusing('setting up uid map: Permission denied') }))
    .rejects.toMatchObject({ code: 'missing_capability', message: expect.stringMatching(/REELTIME_SANDBOX=require.*AppArmor/) })
})

test('where it is switched off no bwrap is started, and limits stand all the same', async () => {
  const pathVariable = await withBwrap(`touch '${directory}/started'`)
  const sandbox = await findSandbox({ mode: 'off', pathVariable })
  expect(sandbox).toMatchObject({ wall: 'restricted', reason: 'REELTIME_SANDBOX=off' })
  const { stdout } = await readOutput({ program: 'sh', args: ['-c', `ulimit -c; ls '${directory}'`], cwd: '/', sandbox })
  expect(stdout).toMatch(/^0\n/)
  expect(stdout).not.toContain('started')
})
