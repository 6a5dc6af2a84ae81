import { expect, test } from 'vitest'
import { flagsToVariables, parseConfig } from './config.ts'

function refusalOf(action: () => unknown): { message: string; errors: { path: string; message: string }[] } {
  try {
    action()
  } catch (error) {
    return error as ReturnType<typeof refusalOf>
  }
  throw new Error('was not refused')
}

test('a hub runs with nothing set', () => {
  expect(parseConfig({ PATH: '/bin' })).toMatchObject({
    port: 5000, host: '127.0.0.1', dataDirectory: './data', maxWaiting: 1000, jobTimeoutMs: 3_600_000, stallMs: 300_000, drainMs: 30_000,
    retentionMs: 7_200_000, maxInputBytes: 4 * 1024 ** 3, diskLimitBytes: null, diskFloorBytes: undefined, pathVariable: '/bin',
  })
})

test('a variable that is set to nothing is not set', () => {
  expect(parseConfig({ PORT: '', REELTIME_PUBLIC_URL: '', REELTIME_DISK_LIMIT: '' })).toMatchObject({ port: 5000, publicUrl: undefined, diskLimitBytes: null })
})

test('seconds become milliseconds, and lists lose their spaces', () => {
  expect(parseConfig({
    REELTIME_STALL_SECONDS: '0.5', REELTIME_DRAIN_SECONDS: '0', REELTIME_TRUSTED_PROXIES: ' 10.0.0.1 , ,::1', REELTIME_PUBLIC_URL: 'https://hub.example//',
  })).toMatchObject({ stallMs: 500, drainMs: 0, trustedProxies: ['10.0.0.1', '::1'], publicUrl: 'https://hub.example' })
})

test('the location for nginx gets its slash, and means nothing without a proxy that is trusted', () => {
  const proxies = { REELTIME_TRUSTED_PROXIES: '127.0.0.1' }
  expect(parseConfig({}).xAccelPrefix).toBeUndefined()
  for (const name of ['/reeltime-data', '/reeltime-data/']) expect(parseConfig({ REELTIME_X_ACCEL: name, ...proxies }).xAccelPrefix).toBe('/reeltime-data/')
  expect(parseConfig({ REELTIME_X_ACCEL: '/a/.well-known/b.c', ...proxies }).xAccelPrefix).toBe('/a/.well-known/b.c/')
  expect(refusalOf(() => parseConfig({ REELTIME_X_ACCEL: '/reeltime-data/' })).errors).toMatchObject([{ path: 'REELTIME_X_ACCEL' }])
})

test('FFMPEG_PATH is another name for REELTIME_FFMPEG, which wins', () => {
  expect(parseConfig({ FFMPEG_PATH: '/a' }).ffmpegPath).toBe('/a')
  expect(parseConfig({ FFMPEG_PATH: '/a', REELTIME_FFMPEG: '/b' }).ffmpegPath).toBe('/b')
})

test.each([
  ['PORT', '65536'], ['PORT', '1.5'], ['PORT', 'http'], ['REELTIME_CONCURRENCY', '0'], ['REELTIME_MAX_WAITING', '-1'], ['REELTIME_DISK_LIMIT', '10G'],
  ['REELTIME_PUBLIC_URL', 'javascript:alert(1)'], ['REELTIME_PUBLIC_URL', 'hub.example'], ['REELTIME_STALL_SECONDS', '0'], ['REELTIME_DRAIN_SECONDS', '-1'],
  ['REELTIME_RETENTION_SECONDS', 'Infinity'], ['REELTIME_X_ACCEL', 'reeltime-data/'], ['REELTIME_X_ACCEL', '/'], ['REELTIME_X_ACCEL', '/a/../b'],
  ['REELTIME_X_ACCEL', '/a b'], ['REELTIME_X_ACCEL', 'http://nginx/data/'], ['REELTIME_X_ACCEL', '/data//'],
])('%s=%s is refused by name, with what it takes', (name, value) => {
  const { message, errors } = refusalOf(() => parseConfig({ [name]: value }))
  expect(errors.map(({ path }) => path)).toEqual([name])
  expect(message).toMatch(new RegExp(`^${name} takes `))
})

test('a time that no timer can wait is refused, since the timer would fire at once', () => {
  expect(refusalOf(() => parseConfig({ REELTIME_JOB_TIMEOUT_SECONDS: '2592000' })).message).toContain('at most')
  expect(parseConfig({ REELTIME_JOB_TIMEOUT_SECONDS: '2073600' }).jobTimeoutMs).toBeLessThan(2 ** 31)
  expect(parseConfig({ REELTIME_RETENTION_SECONDS: '31536000' }).retentionMs).toBe(31_536_000_000)
})

test('all that is wrong is told at once', () => {
  expect(refusalOf(() => parseConfig({ PORT: 'x', REELTIME_CONCURRENCY: 'y' })).errors.map(({ path }) => path)).toEqual(['PORT', 'REELTIME_CONCURRENCY'])
})

test('each variable is a flag, with its value behind it or behind an equals sign', () => {
  expect(flagsToVariables(['--port', '0', '--data-dir=/x=y', '--job-timeout-seconds', '5'])).toEqual({
    PORT: '0', REELTIME_DATA_DIR: '/x=y', REELTIME_JOB_TIMEOUT_SECONDS: '5',
  })
})

test('a flag that there is not, or that lacks its value, is refused', () => {
  expect(refusalOf(() => flagsToVariables(['--prot', '1'])).message).toContain('There is no flag --prot')
  expect(refusalOf(() => flagsToVariables(['--port'])).message).toContain('--port takes a value')
})
