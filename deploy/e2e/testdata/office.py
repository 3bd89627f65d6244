"""Fills a sheet in LibreOffice as a person would, saves it in several forms, and tells what the sheet showed.

office.py PIPE BOOK FOLDER < {"A3": "text typed into this cell", ...}
"""

import json
import os
import sys
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.sheet.ValidationType import LIST


def prop(name, value):
    p = PropertyValue()
    p.Name, p.Value = name, value
    return p


def desktop(pipe):
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    end = time.monotonic() + 60
    while True:
        try:
            remote = resolver.resolve("uno:pipe,name=%s;urp;StarOffice.ComponentContext" % pipe)
            return remote.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", remote)
        except NoConnectException:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def opened(app, path):
    return app.loadComponentFromURL(uno.systemPathToFileUrl(path), "_blank", 0, (prop("Hidden", True),))


def saved(book, path, kind, options=""):
    book.storeToURL(uno.systemPathToFileUrl(path), (prop("FilterName", kind), prop("FilterOptions", options)))
    return path


def shown(sheet):
    """Comments by cell, and lists of values by the letter of the column, as the first empty row has them."""
    comments = {}
    for i in range(sheet.Annotations.Count):
        note = sheet.Annotations.getByIndex(i)
        comments["%s%d" % (chr(ord("A") + note.Position.Column), note.Position.Row + 1)] = note.String
    lists = {}
    for column in range(26):
        check = sheet.getCellByPosition(column, 4).Validation
        if check.Type == LIST:
            lists[chr(ord("A") + column)] = check.getFormula1()
    return {"comments": comments, "lists": lists}


def main():
    pipe, path, folder = sys.argv[1:4]
    typed = json.load(sys.stdin)
    app = desktop(pipe)
    book = opened(app, path)
    sheet = book.Sheets.getByIndex(0)
    told = {"opened": shown(sheet)}
    for cell, text in typed.items():
        sheet.getCellRangeByName(cell).FormulaLocal = text
    told["xlsx"] = saved(book, os.path.join(folder, "saved.xlsx"), "Calc MS Excel 2007 XML")
    told["comma"] = saved(book, os.path.join(folder, "comma.csv"), "Text - txt - csv (StarCalc)", "44,34,76,1,,0,false,true,false")
    told["semicolon"] = saved(book, os.path.join(folder, "semicolon.csv"), "Text - txt - csv (StarCalc)", "59,34,1,1,,0,false,true,false")
    ods = saved(book, os.path.join(folder, "saved.ods"), "calc8")
    book.close(True)
    book = opened(app, ods)
    told["again"] = saved(book, os.path.join(folder, "again.xlsx"), "Calc MS Excel 2007 XML")
    told["reopened"] = shown(book.Sheets.getByIndex(0))
    book.close(True)
    json.dump(told, sys.stdout)


main()
