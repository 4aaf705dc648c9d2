/** Keeps a layer exactly over a code sample, whatever the page does to the sample's size. */

/**
 * @param host the positioned element in which the layer is placed
 * @param sample a descendant of the host
 * @param layer an absolutely positioned element whose containing block is the host's padding box
 */
export function keepOver(host: HTMLElement, sample: HTMLElement, layer: HTMLElement): void {
  const place = () => {
    const from = host.getBoundingClientRect();
    const to = sample.getBoundingClientRect();
    layer.hidden = to.width === 0;
    // Fractions are kept: rounding here would be a line of the sample peeping out.
    setPixels(layer, 'left', to.left - from.left - host.clientLeft);
    setPixels(layer, 'top', to.top - from.top - host.clientTop);
    setPixels(layer, 'width', to.width);
    setPixels(layer, 'height', to.height);
    layer.style.borderRadius = getComputedStyle(sample).borderRadius;
  };
  place();
  // The observer lives as long as the elements it observes.
  const observer = new ResizeObserver(place);
  observer.observe(host);
  // Scroll bars and paddings change what is inside of the border box, which is what is covered.
  observer.observe(sample, { box: 'border-box' });
}

/** Through the CSS object model, which a page's style-src does not forbid. */
function setPixels(element: HTMLElement, property: string, value: number): void {
  element.style.setProperty(property, `${value}px`);
}
