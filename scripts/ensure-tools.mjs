// Puts in place what the tests need besides npm's packages: Debian packages, where apt-get is there and may be used.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const TOOLS = [
  { program: 'ffmpeg', debianPackage: 'ffmpeg', versionArgument: '-version' },
  { program: 'ffprobe', debianPackage: 'ffmpeg', versionArgument: '-version' },
  { program: 'setpriv', debianPackage: 'util-linux', versionArgument: '--version' },
  { program: 'prlimit', debianPackage: 'util-linux', versionArgument: '--version' },
  { program: 'chromium', debianPackage: 'chromium', versionArgument: '--version' },
  { program: 'unzip', debianPackage: 'unzip', versionArgument: '-v' },
  { program: 'luajit', debianPackage: 'luajit', versionArgument: '-v' },
  // Where it is not to be had, or may make no namespaces, the tests of it are skipped by name.
  { program: 'bwrap', debianPackage: 'bubblewrap', versionArgument: '--version', isOptional: true },
  { program: 'nginx', debianPackage: 'nginx-light', versionArgument: '-v', isOptional: true },
  { program: 'strace', debianPackage: 'strace', versionArgument: '--version', isOptional: true },
  { program: 'faketime', debianPackage: 'faketime', versionArgument: '--version', isOptional: true },
  // Fonts for subtitles, with outlines, which is what can be drawn into a picture; the page in Chinese needs the first.
  { program: 'Chinese font', file: '/usr/share/fonts/truetype/wqy/wqy-microhei.ttc', debianPackage: 'fonts-wqy-microhei' },
  { program: 'Arabic font', file: '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf', debianPackage: 'fonts-dejavu-core' },
  { program: 'emoji font', file: '/usr/share/fonts/truetype/ancient-scripts/Symbola_hint.ttf', debianPackage: 'fonts-symbola' },
].filter(({ debianPackage }) => !['util-linux', 'bubblewrap'].includes(debianPackage) || process.platform === 'linux')

process.exitCode = ensureTools()

function ensureTools() {
  const packages = [...new Set(lacking().map(({ debianPackage }) => debianPackage))]
  if (packages.length > 0) install(packages)
  const left = lacking().filter(({ isOptional }) => !isOptional)
  if (left.length > 0) {
    const names = left.map(({ program }) => program).join(', ')
    const line = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`
    console.error(`ensure-tools: the tests need: ${names}. On Debian or Ubuntu, type:\n  sudo sh -c '${line}'`)
    return 1
  }
  for (const tool of TOOLS) console.log(`${tool.program}: ${isThere(tool) ? versionOf(tool) : 'not there'}`)
  return 0
}

function lacking() {
  return TOOLS.filter((tool) => !isThere(tool))
}

function isThere({ program, file }) {
  return file === undefined ? find(program) !== undefined : existsSync(file)
}

function find(program) {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].filter(Boolean)
  return directories.map((directory) => join(directory, program)).find(isExecutable)
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Does what it may; whether that was enough is looked up afterwards. */
function install(packages) {
  const isRoot = process.getuid?.() === 0
  if (!find('apt-get') || !(isRoot || maySudo())) return
  console.log(`ensure-tools: installing ${packages.join(', ')} with apt-get`)
  // Through env, since sudo does not pass variables on.
  const aptGet = [...(isRoot ? [] : ['sudo', '-n']), 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get']
  runVisibly([...aptGet, 'update', '-q'])
  runVisibly([...aptGet, 'install', '-y', '-q', '--no-install-recommends', ...packages])
}

function maySudo() {
  return Boolean(find('sudo')) && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0
}

function runVisibly([program, ...args]) {
  spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })
}

function versionOf({ program, file, versionArgument }) {
  if (file !== undefined) return file
  const { stdout } = spawnSync(find(program), [versionArgument], { encoding: 'utf8' })
  return stdout?.split('\n')[0].replace(/ Copyright.*| built on.*/, '') || 'does not tell its version'
}
