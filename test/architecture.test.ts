import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

/** Who may import whom, besides itself: folders, or single files. What stands in src/ itself may import everything. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  tools: ['errors.ts'],
  streams: ['errors.ts'],
  fetch: ['errors.ts'],
  jobs: ['errors.ts', 'tools', 'streams', 'fetch'],
  access: ['errors.ts', 'request-origin.ts', 'jobs'],
  batches: ['errors.ts', 'tools', 'jobs', 'streams'],
  webhooks: ['errors.ts', 'fetch', 'jobs', 'streams'],
  metrics: ['errors.ts', 'tools', 'jobs'],
  compat: ['errors.ts', 'problem.ts', 'request-origin.ts', 'tools', 'streams', 'jobs'],
  openapi: ['errors.ts', 'problem.ts', 'version.ts', 'tools', 'jobs'],
  client: ['batches/batch.ts', 'jobs/job.ts', 'tools/main-source.ts'],
  cli: ['access', 'batches', 'client', 'jobs', 'config.ts', 'errors.ts', 'server.ts', 'tools', 'version.ts'],
}

/** What only some files may import or say, and which. */
const ONLY: readonly { readonly what: RegExp; readonly name: string; readonly files: RegExp }[] = [
  { what: /from 'hono|from '@hono|import\('hono/, name: 'hono', files: /routes\.ts$|^(app|problem|server)\.ts$|^compat\/|^jobs\/(serve-file|serve-zip|send-body|read-json|idempotency-header)\.ts$|^access\/(guard|headers)\.ts$/ },
  { what: /'(node:)?child_process'|'execa'/, name: 'child processes', files: /^jobs\/run-command\.ts$|^tools\/(?:sanjuuni\/program\/decoder|watermark\/program\/ffmpeg)\.ts$/ },
  { what: /process\.env/, name: 'process.env', files: /^(server|cli)\.ts$/ },
  { what: /new (FileLogStorage|JobQueue|JobIndex)\(/, name: 'an implementation', files: /^context\.ts$/ },
  { what: /\.message\.(includes|match|startsWith|endsWith)\(/, name: 'the text of an error', files: /^compat\/gmapi-errors\.ts$/ },
]

const files = (readdirSync('src', { recursive: true }) as string[]).filter((file) => file.endsWith('.ts'))
const sources = files.filter((file) => !/\.(test|contract)\.ts$/.test(file)).map((file) => ({ file, text: readFileSync(join('src', file), 'utf8') }))

describe('the house stands as its picture says', () => {
  test('imports point one way', () => {
    const wrong = sources.flatMap(({ file, text }) => importsOf(file, text).flatMap((target) => {
      const [from, to] = [file, target].map((path) => path.split('/')[0]!)
      const isTop = !file.includes('/')
      const allowed = isTop || to === from || MAY_IMPORT[from!]?.some((path) => target === path || to === path)
      return allowed ? [] : [`${file} imports ${target}`]
    }))
    expect(wrong).toEqual([])
  })

  test.each(ONLY)('only its own files touch $name', ({ what, files: allowed }) => {
    expect(sources.filter(({ file, text }) => what.test(text) && !allowed.test(file)).map(({ file }) => file)).toEqual([])
  })

  test('tools do no input or output, but for the programs that jobs run', () => {
    const touching = sources.filter(({ file, text }) => /^tools\/(?!ffmpeg-wasm|sanjuuni\/(?:program|main|wasm-kernels)|watermark\/program|gif\/(?:program|main))/.test(file) && /from 'node:(fs|net|http|os)/.test(text))
    expect(touching.map(({ file }) => file)).toEqual([])
  })

  test('what the browser loads needs nothing of Node', () => {
    const needing = sources.filter(({ file, text }) => /^client\/|^jobs\/job\.ts$|^batches\/batch\.ts$|^tools\/main-source\.ts$/.test(file) && /from 'node:/.test(text))
    expect(needing.map(({ file }) => file)).toEqual([])
  })

  test('no file imports in a circle', () => {
    expect(findCircle(new Map(sources.map(({ file, text }) => [file, importsOf(file, text, { types: false })])))).toEqual([])
  })
})

function importsOf(file: string, text: string, { types = true } = {}): string[] {
  const imports = [...text.matchAll(/(?:^|\n)\s*(?:import|export)\s+(type\s+)?[^'\n]*?(?:\{[^}]*\}[^'\n]*?)?from '(\.[^']+)'|import\('(\.[^']+)'\)/g)]
  return imports.filter(([, isType]) => types || !isType).map(([, , specifier, dynamic]) => normalize(join(dirname(file), (specifier ?? dynamic)!)))
}

function findCircle(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>()
  const walk = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return []
    done.add(file)
    for (const next of imports.get(file) ?? []) {
      const circle = walk(next, [...path, file])
      if (circle.length > 0) return circle
    }
    return []
  }
  for (const file of imports.keys()) {
    const circle = walk(file, [])
    if (circle.length > 0) return circle
  }
  return []
}
