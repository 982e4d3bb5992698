import { describe, expect, it } from 'vitest'
import { labelOf } from '@/services/platform/uni'

describe('the name that a device gives itself', () => {
  it.each([
    [{ browserName: 'chrome', osName: 'linux' }, 'Chrome · Linux'],
    [{ browserName: 'safari', deviceModel: 'iPhone', osName: 'ios' }, 'Safari · iOS'],
    [{ browserName: 'edge', osName: 'macos' }, 'Edge · macOS'],
    [{ deviceBrand: 'xiaomi', deviceModel: '14 Pro', osName: 'android' }, 'Xiaomi 14 Pro · Android'],
    [{ deviceBrand: '', deviceModel: 'iPhone 15' }, 'iPhone 15'],
    [{}, ''],
  ])('has its parts as they are written, though uni writes them small: %o', (info, label) => {
    expect(labelOf(info)).toBe(label)
  })
})
