#!/usr/bin/python3
"""An independent Modbus TCP relay board (pymodbus): eight coils; every write is printed as one JSON line with its time."""
import json
import sys
import time

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartTcpServer


class Coils(ModbusSequentialDataBlock):
    def setValues(self, address, values):
        super().setValues(address, values)
        for i, value in enumerate(values if isinstance(values, list) else [values]):
            print(json.dumps({"coil": address + i, "on": bool(value), "at": time.time()}), flush=True)


host, port = sys.argv[1].split(":")
coils = Coils(0, [False] * 8)
slave = ModbusSlaveContext(co=coils, di=coils, hr=ModbusSequentialDataBlock(0, [0]), ir=ModbusSequentialDataBlock(0, [0]), zero_mode=True)
print(json.dumps({"ready": sys.argv[1]}), flush=True)
StartTcpServer(context=ModbusServerContext(slaves=slave, single=True), address=(host, int(port)))
