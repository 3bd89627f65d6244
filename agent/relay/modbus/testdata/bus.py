#!/usr/bin/python3
"""Independent Modbus RTU relay boards on one serial line (pymodbus): eight coils for each unit; every write is printed as one JSON line with its time."""
import json
import sys
import time

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartSerialServer
from pymodbus.transaction import ModbusRtuFramer


class Coils(ModbusSequentialDataBlock):
    def __init__(self, unit):
        super().__init__(0, [False] * 8)
        self.unit = unit

    def setValues(self, address, values):
        super().setValues(address, values)
        for i, value in enumerate(values if isinstance(values, list) else [values]):
            print(json.dumps({"unit": self.unit, "coil": address + i, "on": bool(value), "at": time.time()}), flush=True)


def board(unit):
    return ModbusSlaveContext(
        co=Coils(unit), di=ModbusSequentialDataBlock(0, [False] * 8), hr=ModbusSequentialDataBlock(0, [0]), ir=ModbusSequentialDataBlock(0, [0]), zero_mode=True
    )


port, units = sys.argv[1], [int(u) for u in sys.argv[2:]]
print(json.dumps({"ready": port}), flush=True)
StartSerialServer(
    context=ModbusServerContext(slaves={u: board(u) for u in units}, single=False),
    framer=ModbusRtuFramer, port=port, baudrate=9600, bytesize=8, parity="N", stopbits=1, timeout=0.05, ignore_missing_slaves=True,
)
