'use strict';
document.getElementById('main').textContent = document.getElementById('page-data').textContent.length + ' bytes of page data';
