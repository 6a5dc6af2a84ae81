import { basename } from 'node:path/posix'
import type { Artifact } from '../jobs/job.ts'
import { splitName, ZipNames } from '../jobs/zip-names.ts'

interface Made {
  readonly index: number
  readonly name?: string
  readonly artifacts: readonly Artifact[]
}

/**
 * What the files of a batch are called where all of them lie in one folder: the one artifact of an item has the name of
 * what it was made from, several are in a folder of that name.
 */
export function fileNames<Item extends Made>(items: readonly Item[]): readonly { readonly name: string; readonly item: Item; readonly artifact: Artifact }[] {
  const names = new ZipNames()
  return items.flatMap((item) => {
    const [only, ...others] = item.artifacts.filter(({ grows }) => grows !== true)
    if (!only) return []
    const { stem } = splitName(basename(item.name ?? `item-${item.index + 1}`))
    if (others.length === 0) return [{ name: names.take(stem + splitName(only.name).extension), item, artifact: only }]
    const folder = names.take(stem)
    const inside = new ZipNames()
    return [only, ...others].map((artifact) => ({ name: `${folder}/${inside.take(artifact.name)}`, item, artifact }))
  })
}
