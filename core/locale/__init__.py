"""Catalogues of sentences; English is written in the code, Chinese in `zh_CN/regulars.po`."""
