import { execFile } from 'node:child_process'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operations } from '../src/openapi/operations/index.ts'
import { readPageFiles } from '../src/page-files.ts'
import { createApp } from '../src/app.ts'
import { createContext } from '../src/context.ts'
import { parseConfig } from '../src/config.ts'
import { hasEnded } from '../src/jobs/job.ts'
import { tools } from '../src/tools/registry.ts'
import { Documented, shapeOf } from './documented.ts'
import { Examples } from './openapi/examples.ts'
import { startHubProcess, temporaryDirectory, type HubProcess } from './running-hub.ts'
import { serveMedia, type MediaServer } from './openapi/served-media.ts'

let directory: string
let media: MediaServer
let hub: HubProcess

beforeAll(async () => {
  directory = await temporaryDirectory()
  media = await serveMedia(directory)
  hub = await startHubProcess(join(directory, 'data'), { REELTIME_FETCH_ALLOW: media.host })
})

afterAll(async () => {
  await hub?.end('SIGKILL')
  media?.close()
  await rm(directory, { recursive: true, force: true })
})

test('each route of the hub is in the document, and nothing else is', async () => {
  const settings = { REELTIME_DATA_DIR: join(directory, 'unused'), PATH: process.env['PATH'] }
  const context = await createContext(parseConfig(settings), { info: () => undefined, error: () => undefined })
  const app = createApp(context)
  await context.close()
  const pages = new Set([...readPageFiles().keys()])
  const routed = app.routes
    .filter(({ method, path }) => method !== 'ALL' && !pages.has(path) && !path.endsWith('/sanjuuni/'))
    .flatMap(({ method, path }) => withoutOptional(path).map((each) => `${method} ${shapeOf(each)}`))
  const documented = operations.map(({ method, path }) => `${method.toUpperCase()} ${shapeOf(path)}`)
  expect([...new Set(routed)].sort()).toEqual([...new Set(documented)].sort())
})

test('each tool has an example, and its input a schema', () => {
  const { schemas } = new Documented().document.components
  const examples = operations.find(({ id }) => id === 'submitJob')!.body!.content['application/json']!.examples!
  expect(Object.keys(examples)).toEqual(tools.map(({ name }) => name))
  expect(schemas['TranscodeInput']).toMatchObject({ properties: { codec: { description: expect.stringContaining('h264 plays everywhere') } } })
  for (const { name } of tools) expect(Object.keys(schemas).map((id) => id.toLowerCase())).toContain(`${name.replace(/[-_]/g, '')}input`)
})

test('every example is answered as the document says', async () => {
  const documented = new Documented()
  const examples = await Examples.prepare(hub.api, media)
  const complaints: string[] = []
  const asked: string[] = []
  for (const operation of operations) {
    for (const { name, request } of examples.of(operation)) {
      const response = await request()
      asked.push(name)
      const [contentType, text] = [response.headers.get('content-type') ?? '', await examples.bodyOf(response)]
      if (!Object.keys(operation.answers).includes(String(response.status))) complaints.push(`${name}: ${response.status} ${text.slice(0, 300)}`)
      else if (contentType.includes('json')) {
        const { pathname } = new URL(response.url)
        const complaint = documented.complaintAbout({ method: operation.method, path: pathname, status: response.status, contentType, body: () => JSON.parse(text) })
        if (complaint !== undefined) complaints.push(`${name}: ${complaint}`)
      }
    }
  }
  expect(complaints).toEqual([])
  expect(asked.length).toBeGreaterThanOrEqual(operations.length)
  const jobs = await examples.endedJobs()
  expect(jobs.every(({ status }) => hasEnded(status))).toBe(true)
  expect(jobs.filter(({ status }) => status === 'failed').map(({ tool, error }) => `${tool}: ${error?.message}`)).toEqual([])
})

test('a client that a generator makes of the document compiles, and runs a job', async () => {
  const project = join(directory, 'generated')
  await mkdir(join(project, 'node_modules', '@oazapfts'), { recursive: true })
  const require = createRequire(import.meta.url)
  const modules = new URL('../node_modules/', import.meta.url).pathname
  await symlink(join(modules, '@oazapfts/runtime'), join(project, 'node_modules/@oazapfts/runtime'))
  await symlink(join(modules, '@types'), join(project, 'node_modules/@types'))
  await writeFile(join(project, 'openapi.json'), await (await fetch(`${hub.api.url}/openapi.json`)).text())
  await writeFile(join(project, 'package.json'), '{"type":"module"}')
  await writeFile(join(project, 'client.ts'), CLIENT)
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({
    compilerOptions: { target: 'ES2023', module: 'NodeNext', lib: ['ES2023', 'DOM'], strict: true, skipLibCheck: true, types: ['node'], outDir: 'out' }, include: ['*.ts'],
  }))
  await run(process.execPath, [join(modules, 'oazapfts/dist/cli.js'), 'openapi.json', 'api.ts'], project)
  await run(process.execPath, [join(require.resolve('typescript/package.json'), '../bin/tsc'), '-p', '.'], project)
  const said = await run(process.execPath, ['out/client.js', hub.api.url, `${media.url}/clip.mp4`], project)
  expect(said.trim()).toBe('completed output.mp3')
})

describe('the documents are what linters expect', () => {
  test.each(['/openapi.json', '/asyncapi.json'])('%s', async (path) => {
    const source = await (await fetch(hub.api.url + path)).text()
    // `deliveries/enable` is no address of anything.
    const config = await createConfig({ extends: ['recommended'], rules: { 'no-ambiguous-paths': 'off' } })
    const problems = await lintFromString({ source, absoluteRef: path.slice(1), config })
    expect(problems.map(({ severity, ruleId, message, location }) => `${severity} ${ruleId}: ${message} ${location[0]?.pointer}`)).toEqual([])
  })
})

/** A path whose last parameter may be left out is two. */
function withoutOptional(path: string): readonly string[] {
  return path.endsWith('?') ? [path.slice(0, -1), path.slice(0, path.lastIndexOf('/'))] : [path]
}

/** Not in this thread, which serves the film meanwhile. Throws what it printed where it fails. */
async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { cwd }).catch((error: Error & { stdout?: string; stderr?: string }) => {
    throw new Error(`${args[0]}: ${error.message}\n${error.stdout}${error.stderr}`, { cause: error })
  })
  return stdout
}

const CLIENT = `
import { defaults, getJob, submitJob } from './api.js'

const [hub, source] = process.argv.slice(2)
defaults.baseUrl = hub!
const submitted = await submitJob({ tool: 'ffmpeg', input: { inputs: [{ source: source! }], outputs: [{ format: 'mp3', args: ['-vn'] }] } })
if (submitted.status !== 202) throw new Error(JSON.stringify(submitted.data))
for (;;) {
  const answer = await getJob(submitted.data.id)
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.data))
  const { status, artifacts } = answer.data
  if (status === 'completed' || status === 'failed' || status === 'cancelled') {
    console.log(status, artifacts.map(({ name }) => name).join())
    break
  }
  await new Promise((resolve) => setTimeout(resolve, 100))
}
`
