// Puts all that a program is made of into a few files, packages too: Node loads these in half the time and less.
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// Below src/, and in dist/ in place of what the compiler made of them.
const PROGRAMS = [
  'server.ts', 'cli.ts', 'tools/gif/main.ts', 'tools/watermark/main.ts', 'tools/sanjuuni/main.ts',
  // A thread of the last one, which looks for it beside itself.
  'tools/sanjuuni/program/convert-thread.ts',
]
const BESIDE = { 'tools/sanjuuni/program/convert-thread.ts': 'tools/sanjuuni' }
// They have parts that are no JavaScript, or need not be there.
const LEFT_OUT = ['@photostructure/sqlite', '@ffmpeg/core', 'bufferutil', 'utf-8-validate']

/** Without the bundler, which not every machine has, what the compiler made stays, and does the same. */
export async function bundlePrograms({ source, output }) {
  const bundler = await import('rolldown').catch(() => undefined)
  if (!bundler) return
  const packages = new Set()
  for (const program of PROGRAMS) {
    const name = program.split('/').at(-1).replace(/\.ts$/, '')
    const folder = join(output, BESIDE[program] ?? program.split('/').slice(0, -1).join('/'))
    const bundle = await bundler.rolldown({ input: { [name]: join(source, program) }, platform: 'node', external: LEFT_OUT, checks: { ineffectiveDynamicImport: false } })
    const { output: files } = await bundle.generate({ format: 'esm', entryFileNames: '[name].js', chunkFileNames: `${name}.[name].part.js` })
    await bundle.close()
    // What is loaded first comes last, when all that it loads is there.
    for (const { fileName, code } of files.toSorted((a, b) => Number(a.isEntry) - Number(b.isEntry))) replace(join(folder, fileName), code)
    for (const { moduleIds } of files) for (const id of moduleIds) packages.add(/^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0])
  }
  replace(join(output, 'LICENSES.txt'), licensesOf([...packages].filter(Boolean).toSorted()))
}

/** Theirs, which ask to be kept wherever the packages go. */
function licensesOf(packages) {
  return packages.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const texts = readdirSync(folder).filter((file) => /^licen[cs]e/i.test(file)).map((file) => readFileSync(join(folder, file), 'utf8').trim())
    return [`${name} ${version} (${license})`, ...texts].join('\n\n')
  }).join('\n\n----\n\n')
}

/** Programs may be started meanwhile; a file that is half written must not be seen. */
function replace(file, text) {
  const made = `${file}.${process.pid}`
  writeFileSync(made, text)
  renameSync(made, file)
}
