import { it } from 'vitest'
import { killUnderLoad } from './kill-under-load'

const KILLS = Number(process.env.HERALD_KILLS ?? 20)

it(`loses no acknowledged message, and shows none twice, over ${String(KILLS)} kills under load`, async () => {
  await killUnderLoad(KILLS)
}, 180_000)
