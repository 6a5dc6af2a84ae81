const MEMORY_GROWTH = 1.2
const MORE_DESCRIPTORS = 10
const RATE_SHARE = 0.95

/** What the hub promises under load, each with whether it kept it and the figures that say so. */
export function judge({ before, early, after, wanted, load, readers, minutes, isSwept, isShort }) {
  const rate = load.ended / minutes
  return [
    verdict('memory returns', isShort ? undefined : after.rssMebibytes <= MEMORY_GROWTH * early.rssMebibytes,
      `${early.rssMebibytes.toFixed(0)} MiB early, ${after.rssMebibytes.toFixed(0)} MiB after the load and a sweep`),
    verdict('descriptors return', after.descriptors <= before.descriptors + MORE_DESCRIPTORS, `${before.descriptors} before, ${after.descriptors} after`),
    verdict('no child is left', after.children === 0, `${after.children} children`),
    verdict('expired jobs are swept', isShort ? undefined : isSwept, isShort ? 'removed by hand' : isSwept ? 'none is left' : 'some are left'),
    verdict('jobs keep up', load.ended === load.submitted && (isShort || rate >= RATE_SHARE * wanted.jobsPerMinute),
      `${load.ended} of ${load.submitted} jobs ended, ${rate.toFixed(0)} a minute of ${wanted.jobsPerMinute}`),
    verdict('every job, download and pack is whole', load.faults.length === 0 && load.downloads > 0 && load.packs > 0,
      `${load.downloads} downloads, ${load.packs} packs${told(load.faults)}`),
    verdict('no reader loses anything', readers.gaps === 0 && readers.faults.length === 0 && readers.finished > 0,
      `${readers.connected} came, ${readers.finished} stayed to the end, ${readers.gaps} gaps${told(readers.faults)}`),
  ]
}

function verdict(promise, isKept, figures) {
  return { promise, state: isKept === undefined ? 'not looked at' : isKept ? 'kept' : 'BROKEN', figures }
}

function told(faults) {
  const counts = Map.groupBy ? Map.groupBy(faults, (fault) => fault) : new Map(faults.map((fault) => [fault, faults.filter((other) => other === fault)]))
  return [...counts].slice(0, 5).map(([fault, same]) => `; ${same.length}× ${fault}`).join('')
}
