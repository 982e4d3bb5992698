import { assetUrl, element, tell } from './element'
import type { ScreenState, TabItem, TitleBar } from './screen-state'

/** The navigation bar of a page. */
export function drawTitleBar(title: TitleBar, { statusBar, platform }: ScreenState): HTMLElement[] {
  const bar = element('div', `titlebar ${platform}`)
  bar.style.paddingTop = `${statusBar.height}px`
  bar.style.background = title.type === 'transparent' ? 'transparent' : (title.backgroundColor ?? '#fff')
  bar.style.color = title.titleColor ?? '#000'
  if (title.autoBackButton === true) {
    const back = element('button', 'back', '‹')
    back.setAttribute('aria-label', 'Back')
    back.addEventListener('click', () => tell({ name: 'back' }))
    bar.append(back)
  }
  bar.append(element('span', 'titletext', title.titleText ?? ''))
  return [bar]
}

/** Under every page that is no tab. */
export function drawTabBar(state: ScreenState & { top?: string; tab?: string }): HTMLElement[] {
  const { tabBar, tab, top } = state
  if (tabBar?.visible !== true || tab === undefined || top !== tab) return []
  const bar = element('div', 'tabbar')
  const { style } = tabBar
  bar.style.background = style.backgroundColor ?? '#fff'
  bar.style.borderTopColor = style.borderStyle === 'white' ? 'rgba(255,255,255,.2)' : 'rgba(0,0,0,.15)'
  bar.style.paddingBottom = `${state.homeIndicator}px`
  tabBar.items.forEach((item, index) => {
    if (item.visible) bar.append(drawTab(item, index, index === tabBar.selected, style))
  })
  return [bar]
}

function drawTab(
  item: TabItem,
  index: number,
  selected: boolean,
  style: Record<string, string>,
): HTMLElement {
  const tab = element('button', 'tab')
  tab.setAttribute('aria-selected', String(selected))
  tab.style.color = (selected ? style.selectedColor : style.color) ?? '#999'
  const icon = selected ? (item.selectedIconPath ?? item.iconPath) : item.iconPath
  if (icon !== undefined) {
    const image = document.createElement('img')
    image.src = assetUrl(icon)
    tab.append(image)
  }
  tab.append(element('span', 'label', item.text))
  if (item.badge !== '') tab.append(element('span', 'badge', item.badge))
  else if (item.dot) tab.append(element('span', 'badge dot'))
  tab.addEventListener('click', () => tell({ name: 'tab', index }))
  return tab
}

/** The system's own bar, and iOS' home indicator. */
export function drawStatusBar({ statusBar, homeIndicator }: ScreenState): HTMLElement[] {
  const bar = element('div', 'statusbar')
  bar.style.height = `${statusBar.height}px`
  bar.style.color = statusBar.text === 'light' ? '#fff' : '#000'
  bar.append(element('span', '', '9:41'), element('span', '', '▮▮▮'))
  if (homeIndicator === 0) return [bar]
  return [bar, element('div', 'homeindicator')]
}
