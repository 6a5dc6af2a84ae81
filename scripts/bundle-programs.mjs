// Puts all that each of the hub's own programs is made of into few files: Node loads these in half the time, at the start of each job.
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// Below src/tools/, and whose files the program starts as threads.
const PROGRAMS = [
  { folder: 'sanjuuni', entries: { main: 'main.ts' } },
  { folder: 'sanjuuni', entries: { 'convert-thread': join('program', 'convert-thread.ts') } },
  { folder: 'watermark', entries: { main: 'main.ts' } },
  { folder: 'gif', entries: { main: 'main.ts' } },
]

/** In place of what the compiler made of them. Without the bundler, which not every machine has, that stays, and does the same. */
export async function bundlePrograms({ source, output }) {
  const bundler = await import('rolldown').catch(() => undefined)
  if (!bundler) return
  for (const { folder, entries } of PROGRAMS) {
    const from = join(source, 'tools', folder)
    const input = Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(from, file)]))
    const bundle = await bundler.rolldown({ input, platform: 'node', logLevel: 'warn' })
    const { output: files } = await bundle.generate({ format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name].part.js' })
    await bundle.close()
    // What is loaded first comes last, when all that it loads is there.
    for (const { fileName, code } of files.toSorted((a, b) => Number(a.isEntry) - Number(b.isEntry))) replace(join(output, 'tools', folder, fileName), code)
  }
}

/** Programs may be started meanwhile; a file that is half written must not be seen. */
function replace(file, text) {
  const made = `${file}.${process.pid}`
  writeFileSync(made, text)
  renameSync(made, file)
}
