import { readdirSync, readFileSync } from 'node:fs'
import { residentKilobytes } from '../../bench/process-usage.mjs'

/** What a process holds at this moment. */
export function usageOf(pid) {
  return { rssMebibytes: residentKilobytes(pid) / 1024, descriptors: readdirSync(`/proc/${pid}/fd`).length, children: descendants(pid).length }
}

function descendants(pid) {
  const children = childrenOf(pid)
  return [...children, ...children.flatMap(descendants)]
}

/** Of all its threads; none where it has gone meanwhile. */
function childrenOf(pid) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads.flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter((text) => text !== '').map(Number))
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return []
    throw error
  }
}
