import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface LockedPackage {
  readonly resolved?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { readonly packages: Readonly<Record<string, LockedPackage>> }

test('the table of settings in the README is the one that the schema makes', () => {
  const { status } = spawnSync(process.execPath, ['scripts/settings-table.mjs', '--check'])
  expect(status, 'run: node scripts/settings-table.mjs').toBe(0)
})

test('the lock file names no host to download from', () => {
  expect(Object.values(lock.packages).flatMap(({ resolved }) => (resolved?.includes('://') ? [resolved] : []))).toEqual([])
})

test('the lock file holds the packages of every platform, or npm ci would refuse it on another one', () => {
  const names = new Set(Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, '')))
  const missing = Object.values(lock.packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies).filter((name) => !names.has(name)))
  expect(missing).toEqual([])
})
