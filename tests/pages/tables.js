// Tables of a page by the titles of their columns.

/// Rows of the first table in the element of a selector: texts by title, `text` of all, and attributes `data-*` of the row.
export const readTable = (page, selector) =>
  page
    .locator(`${selector} table`)
    .first()
    .evaluate((table) => {
      const titles = [...table.querySelectorAll('thead th')].map((title) => title.textContent.trim());
      return [...table.querySelectorAll('tbody tr')].map((row) => ({
        ...row.dataset,
        text: row.textContent,
        ...Object.fromEntries([...row.cells].map((cell, i) => [titles[i], cell.innerText.trim()])),
      }));
    });
