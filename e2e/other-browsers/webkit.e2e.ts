import { describe } from 'vitest'
import { hasWebKitGtk } from '../../scripts/other-browsers.mjs'
import { otherBrowserSuite } from './suite'
import { launchWebKit } from './webkit'

if (hasWebKitGtk) otherBrowserSuite('WebKit', launchWebKit)
else {
  process.stderr.write('NOT RUN: the app in WebKit, since only Linux has WebKitGTK and its driver\n')
  describe.skip('in WebKit', () => undefined)
}
