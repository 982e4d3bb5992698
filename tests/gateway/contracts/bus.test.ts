import { LocalBus } from '../../../gateway/bus/local'
import { busSuite } from './bus-suite'
import { wireBus } from './memory/bus'

busSuite('of one gateway', (onFault) => new LocalBus(onFault))
busSuite('that carries text', (onFault) => wireBus(new LocalBus(onFault)))
