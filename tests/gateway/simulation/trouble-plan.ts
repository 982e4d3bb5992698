import type { World } from './world'

/** How often worlds see each of these, and how long it takes, ms. */
const FULL_DISKS = { share: 0.3, least: 1000, most: 15_000 }
const RENEWALS = { share: 0.2 }
const TRIM_EVERY_MS = 15_000
const MOODS = { share: 0.4, least: 2000, most: 20_000 }

/**
 * What befalls everybody at once: the gateway is killed and restarted, its disk fills, retention runs, the log begins
 * anew, and services have their moods. @param at draws a moment of the storm, ms from now
 */
export function planTrouble(world: World, at: () => number): void {
  const { chance } = world
  for (let kills = chance.between(0, 2); kills > 0; kills -= 1)
    world.plan(`kill ${String(kills)}`, at(), () => {
      world.killGateway()
    })
  if (chance.hits(0.5))
    world.plan('restart', at(), () => {
      world.restartGateway()
    })
  if (chance.hits(FULL_DISKS.share)) planFullDisk(world, at())
  if (chance.hits(RENEWALS.share))
    world.plan('renewal', at(), () => {
      world.renewEpochs()
    })
  for (let trimAt = at() % TRIM_EVERY_MS; trimAt < 8 * TRIM_EVERY_MS; trimAt += TRIM_EVERY_MS)
    world.plan(`trim ${String(trimAt)}`, trimAt, () => {
      world.trim()
    })
  planMoods(world, at)
}

function planFullDisk(world: World, at: number): void {
  const { chance, clock } = world
  world.plan('full disk', at, () => {
    world.fillDisk()
    clock.after(chance.between(FULL_DISKS.least, FULL_DISKS.most), () => {
      world.freeDisk()
    })
  })
}

function planMoods(world: World, at: () => number): void {
  const { chance, clock, services } = world
  for (const service of services)
    for (let moods = chance.hits(MOODS.share) ? chance.between(1, 3) : 0; moods > 0; moods -= 1)
      world.plan(`${service.name} mood ${String(moods)}`, at(), () => {
        service.weather = chance.hits(0.6) ? 'down' : 'hanging'
        clock.after(chance.between(MOODS.least, MOODS.most), () => {
          service.weather = 'fair'
        })
      })
}
