// Compiles src/ to dist/. `--if-changed` does nothing while the last whole build is newer than everything it was made of.
import { spawnSync } from 'node:child_process'
import {
  chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundlePrograms } from './bundle-programs.mjs'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const SOURCE = join(ROOT, 'src')
const OUTPUT = join(ROOT, 'dist')
// AssemblyScript, which TypeScript's compiler leaves out: each folder becomes one file of its name.
const KERNELS = ['picture', join('formats', 'vid32')].map((folder) => join('tools', 'sanjuuni', folder, 'kernels'))
// Written only after a build without errors, dated when that build began: an edit made meanwhile counts as newer.
const STAMP = join(OUTPUT, '.built')

process.exitCode = await build({ onlyIfChanged: process.argv.includes('--if-changed') })

async function build({ onlyIfChanged }) {
  if (!existsSync(SOURCE)) return alreadyBuilt('There is no src/ here to build from')
  if (onlyIfChanged && isFresh()) return 0
  const compiler = findProgram('typescript', 'tsc')
  if (!compiler) return alreadyBuilt('TypeScript is not installed')

  const startedAt = new Date()
  for (const kernels of KERNELS) {
    const kernelStatus = buildKernels(join(SOURCE, kernels), join(OUTPUT, `${kernels}.wasm`))
    if (kernelStatus === 0) continue
    rmSync(STAMP, { force: true })
    console.error(`build: ${kernels} could not be compiled`)
    return kernelStatus
  }
  const args = [compiler, '-p', join(ROOT, 'tsconfig.build.json')]
  const { status, error } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) {
    rmSync(STAMP, { force: true })
    console.error('build: the compiler found errors')
    return status ?? 1
  }
  removeOrphans(OUTPUT, SOURCE)
  await bundlePrograms({ source: SOURCE, output: OUTPUT })
  makeRunnable(join(OUTPUT, 'cli.js'))
  mkdirSync(OUTPUT, { recursive: true })
  writeFileSync(STAMP, '')
  utimesSync(STAMP, startedAt, startedAt)
  return 0
}

/** An installation without devDependencies runs what was built before; there it is no error that nothing can be built. */
function alreadyBuilt(reason) {
  if (existsSync(join(OUTPUT, 'server.js'))) return 0
  console.error(`build: ${reason}, and dist/ is not there either. Run "npm ci" with devDependencies in a checkout of the source.`)
  return 1
}

function isFresh() {
  const builtAt = modifiedAt(STAMP)
  const configs = readdirSync(ROOT).filter((name) => /^(tsconfig.*|package)\.json$/.test(name))
  // Directories count too: that a file was removed shows only there.
  const sources = readdirSync(SOURCE, { recursive: true }).map((name) => join(SOURCE, name))
  const inputs = [SOURCE, ...sources, fileURLToPath(import.meta.url), fileURLToPath(new URL('bundle-programs.mjs', import.meta.url)), ...configs.map((name) => join(ROOT, name))]
  return builtAt > 0 && inputs.every((file) => modifiedAt(file) < builtAt)
}

/** Milliseconds since 1970; 0 for what is not there. */
function modifiedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

/** What the folder's index.ts exports, WebAssembly exports. Kernels that are newer than all they were made of stay. */
function buildKernels(source, output) {
  const startedAt = new Date()
  // One folder may import from another.
  const folders = KERNELS.map((folder) => join(SOURCE, folder))
  const files = folders.flatMap((folder) => readdirSync(folder).filter((name) => name.endsWith('.ts')).map((name) => join(folder, name)))
  const inputs = [...folders, ...files, fileURLToPath(import.meta.url)]
  if (inputs.every((file) => modifiedAt(file) < modifiedAt(output))) return 0
  const compiler = findProgram('assemblyscript', 'asc')
  if (!compiler) {
    console.error('build: AssemblyScript is not installed. Run "npm ci" with devDependencies.')
    return 1
  }
  mkdirSync(dirname(output), { recursive: true })
  // Builds may run at the same time; a file that is half written must not be seen.
  const made = `${output}.${process.pid}`
  const options = ['-O3', '--enable', 'simd', '--runtime', 'stub', '--importMemory', '--use', 'abort=']
  const args = [compiler, join(source, 'index.ts'), '--outFile', made, ...options]
  const { status, error } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) return status ?? 1
  utimesSync(made, startedAt, startedAt)
  renameSync(made, output)
  return 0
}

/** The path of a package's program, or undefined where the package is not installed. */
function findProgram(packageName, program) {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`)
    return join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin[program])
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}

/** Removes what an earlier build made of files that have been renamed or deleted since. */
function removeOrphans(output, source) {
  for (const entry of readdirSync(output, { withFileTypes: true })) {
    const made = join(output, entry.name)
    if (entry.isDirectory()) {
      if (existsSync(join(source, entry.name))) removeOrphans(made, join(source, entry.name))
      else rmSync(made, { recursive: true })
    } else if (made !== STAMP && !existsSync(join(source, entry.name.replace(/(\.d)?\.[jt]s$/, '.ts').replace(/\.wasm(\.\d+)?$/, '')))) {
      rmSync(made)
    }
  }
}

function makeRunnable(file) {
  if (existsSync(file)) chmodSync(file, 0o755)
}
