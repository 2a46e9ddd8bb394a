"""Reads a patient's credential.  usage: call.py [mdtrt_cert_type]     01 电子医保凭证, 03 社会保障卡 (the default)

The library stands beside this file and has the bitness of the Python that runs it.
"""
import ctypes
import os
import pathlib
import sys

folder = pathlib.Path(__file__).resolve().parent
if os.name == "nt":
    library = ctypes.WinDLL(str(folder / "mps_client.dll"))  # WinDLL: stdcall
else:
    library = ctypes.CDLL(str(folder / "libmps_client.so"))

request = f"""<?xml version="1.0" encoding="GBK" ?>
<request>
    <Header>
        <funid>N04.00.00.01</funid>
        <sign>0000000000000000</sign>
    </Header>
    <Body>
        <mdtrt_cert_type>{(sys.argv[1:] or ["03"])[0]}</mdtrt_cert_type>
    </Body>
</request>"""
response = ctypes.create_string_buffer(8192)  # no smaller than response_capacity in mps.toml
code = library.MPS_Call(request.encode("gbk"), response)
if code < 0:
    sys.exit(f"MPS_Call: {code}")
print(response.value.decode("gbk"))
