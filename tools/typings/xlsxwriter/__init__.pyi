"""What this program uses of XlsxWriter, which comes without `py.typed`."""

from xlsxwriter.workbook import Workbook as Workbook
