/* The specification's C sample (2.5.1) as a caller copied it: typographic quotes and `null` mended so that it compiles, nothing
 * else. Around it: the request comes from a file, the response goes to standard output. */
#include <stdio.h>
#include <windows.h>
#define null NULL

typedef int (__stdcall *_MPS_Call)(char *req,char *resp);
_MPS_Call MPS_Call;

int test(char *req,char *resp)
{
	void *st_lib = 0;	
	st_lib= LoadLibrary("mps_client.dll");
	if(st_lib==null)
{
	printf("加载动态库失败!");
	return -1;
}
MPS_Call = (_MPS_Call)GetProcAddress(st_lib, "MPS_Call");
if (MPS_Call ==null)
{	
	printf("查找函数失败!");
	return -1;
}

return MPS_Call(req,resp);
}

int main(int argc, char **argv)
{
	static char req[4096], resp[8192];
	FILE *file = fopen(argc > 1 ? argv[1] : "", "rb");
	if (!file || fread(req, 1, sizeof req - 1, file) == 0)
		return 2;
	if (test(req, resp) != 0)
		return 1;
	fputs(resp, stdout);
	return 0;
}
