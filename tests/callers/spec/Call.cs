// The specification's C# sample (2.5.2) as a caller copied it: typographic quotes mended so that it compiles, nothing else.
// `new char[1024]` is 2,048 bytes, and the string is converted by the machine's code page. Around it: Main takes the request
// from a file, and writes the response to another one with the same conversion.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Runtime.InteropServices;

namespace test
{
    class Program
{
	[DllImport("mps_client.dll", EntryPoint ="MPS_Call")]
	extern static int MPS_Call(IntPtr req, IntPtr resp);
	
	int test(string req, ref string resp)
	{
		int ret = -1;
		
		IntPtr ptr = GCHandle.Alloc(new char[1024], GCHandleType.Pinned).AddrOfPinnedObject();
		ret = MPS_Call(Marshal.StringToHGlobalAnsi(req), ptr);
		if(ret==0)
		{
			resp = Marshal.PtrToStringAnsi(ptr);
		}
		return ret;
	}

	static int Main(string[] args)
	{
		string resp = null;
		int ret = new Program().test(File.ReadAllText(args[0]), ref resp);
		if (ret == 0)
		{
			IntPtr bytes = Marshal.StringToHGlobalAnsi(resp);
			using (Stream output = File.Create(args[1]))
				for (int i = 0; Marshal.ReadByte(bytes, i) != 0; i++)
					output.WriteByte(Marshal.ReadByte(bytes, i));
		}
		return ret;
	}
}
}
