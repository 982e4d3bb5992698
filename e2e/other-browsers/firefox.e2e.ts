import { launchFirefox } from './firefox'
import { otherBrowserSuite } from './suite'

otherBrowserSuite('Firefox', launchFirefox)
