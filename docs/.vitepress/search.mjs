// Stands for `minisearch` in the browser: the same index, with the terms that it was made of.
import MiniSearch from '../../node_modules/minisearch/dist/es/index.js'
import { termsOf } from './terms.mjs'

export default class extends MiniSearch {
  /** @override @param {string} json @param {import('minisearch').Options} options */
  static loadJSON(json, options) {
    return MiniSearch.loadJSON(json, { ...options, tokenize: termsOf })
  }
}
