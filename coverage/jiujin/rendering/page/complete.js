/* The very first script, for every browser: a file whose end is missing says so. */
(function () {
  'use strict';

  if (!document.addEventListener) return;
  document.addEventListener('DOMContentLoaded', function () {
    var notice = document.createElement('div');
    if (window.jiujin || /outdated/.test(document.documentElement.className)) return;
    document.body.textContent = '';
    document.body.setAttribute('data-state', 'broken');
    notice.id = 'alarm';
    notice.setAttribute('role', 'alert');
    notice.textContent = '文件不完整：本页没有读到文件末尾，不显示任何数字。请重新复制或下载该文件后再打开。';
    document.body.appendChild(notice);
  });
})();
