import { mkdir, stat } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { fileNames } from '../batches/file-names.ts'
import type { BatchHandle } from '../client/index.ts'
import { downloadArtifact, downloadZip } from './download-artifact.ts'
import { transferProgress } from './progress-bar.ts'
import { checkDestination, type Destination, pour } from './save-artifacts.ts'
import { UsageError } from './shell.ts'
import { formatBytes } from './units.ts'

/** Fetches what a batch has made into a folder, under the names that its ZIP archive would have. */
export async function saveFolder(batch: BatchHandle, { output, view, patienceMs, signal }: Omit<Destination, 'format' | 'stdout'>): Promise<void> {
  const made = batch.batch.items.map((item) => ({ ...item, artifacts: item.artifacts ?? [] }))
  for (const { name, item, artifact } of fileNames(made)) {
    const file = join(output, name)
    const began = performance.now()
    await mkdir(dirname(file), { recursive: true })
    await downloadArtifact(await batch.job(item.index), artifact, file, {
      patienceMs, signal, onProgress: (bytes, totalBytes) => view.show(transferProgress('download', { bytes, totalBytes, began, now: performance.now() })),
    })
    view.clear()
    view.print([`${file}  ${formatBytes(artifact.size)}`])
  }
}

/** Fetches the archive of a batch into a file, or to stdout where that is `-`. */
export async function saveZip(batch: BatchHandle, { output, stdout, view, patienceMs, signal }: Omit<Destination, 'format'>): Promise<void> {
  if (output === '-') return pour(await batch.zip({ signal }), stdout)
  const began = performance.now()
  await downloadZip(batch, output, {
    patienceMs, signal, onProgress: (bytes, totalBytes) => view.show(transferProgress('download', { bytes, totalBytes, began, now: performance.now() })),
  })
  view.clear()
  view.print([`${output}  ${formatBytes((await stat(output)).size)}`])
}

/** Throws UsageError if no folder can be there. */
export async function checkFolder(output: string): Promise<void> {
  await checkDestination(output)
  const found = await stat(output).catch(() => undefined)
  if (found && !found.isDirectory()) throw new UsageError(`"${output}" is a file; -o takes a folder, and --zip a file`)
}

/** Whether that names an archive, and no folder. */
export function isArchive(output: string): boolean {
  return output === '-' || extname(output).toLowerCase() === '.zip'
}
